/** Intercepts an object's SQL statements and counts their writes. */
import { runInDurableObject } from "cloudflare:test";
import type { Tenant } from "./tenant.ts";

type Exec = (query: string, ...bindings: SqlStorageValue[]) => SqlStorageCursor<Record<string, SqlStorageValue>>;

/** Runs an object's SQL statements through a function, until it is replaced; undefined removes it. */
export async function interceptSql(
  tenant: Tenant,
  through: ((exec: Exec, ...statement: Parameters<Exec>) => ReturnType<Exec>) | undefined,
): Promise<void> {
  await runInDurableObject(tenant.object, (_, { storage }) => {
    // Uncovers the prototype's method.
    Reflect.deleteProperty(storage.sql, "exec");
    if (!through) return;
    const exec = storage.sql.exec.bind(storage.sql) as Exec;
    const value: Exec = (query, ...bindings) => through(exec, query, ...bindings);
    Object.defineProperty(storage.sql, "exec", { configurable: true, value });
  });
}

/** Counts the rows that calls write, as the platform bills them. */
export async function rowsWritten(tenant: Tenant, call: () => Promise<unknown>): Promise<number> {
  let rows = 0;
  await interceptSql(tenant, (exec, ...statement) => {
    const cursor = exec(...statement);
    const counted = cursor.toArray();
    rows += cursor.rowsWritten;
    return Object.assign(counted, { toArray: () => counted, one: () => counted[0] }) as unknown as typeof cursor;
  });
  await call();
  await interceptSql(tenant, undefined);
  return rows;
}
