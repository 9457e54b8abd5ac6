import { runInDurableObject } from "cloudflare:test";
import type { newTenant } from "./tenant.ts";

type Tenant = ReturnType<typeof newTenant>;

/** Counts the rows that a call writes, as the platform bills them. */
export async function rowsWritten(tenant: Tenant, call: () => Promise<unknown>): Promise<number> {
  let rows = 0;
  await runInDurableObject(tenant, (_, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql);
    // The prototype's method stands behind this one, for the test's end to return to.
    Object.defineProperty(storage.sql, "exec", {
      configurable: true,
      value: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings);
        const counted = cursor.toArray();
        rows += cursor.rowsWritten;
        return Object.assign(counted, { toArray: () => counted });
      },
    });
  });
  await call();
  await runInDurableObject(tenant, (_, { storage }) => void Reflect.deleteProperty(storage.sql, "exec"));
  return rows;
}
