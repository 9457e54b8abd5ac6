import { runInDurableObject } from "cloudflare:test";
import type { Tenant } from "./tenant.ts";

type Exec = (query: string, ...bindings: SqlStorageValue[]) => SqlStorageCursor<Record<string, SqlStorageValue>>;

/** Has an object's statements run through a function of one's own, until the next time; undefined takes it away. */
export async function interceptSql(
  tenant: Tenant,
  through: ((exec: Exec, ...statement: Parameters<Exec>) => ReturnType<Exec>) | undefined,
): Promise<void> {
  await runInDurableObject(tenant.object, (_, { storage }) => {
    // The prototype's method stands behind this one.
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
