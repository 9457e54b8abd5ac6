import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { newTenant, valueIn } from "./tenant.ts";

type Tenant = ReturnType<typeof newTenant>;

/** Counts the rows that a call writes, as the platform bills them. */
async function rowsWritten(tenant: Tenant, call: () => Promise<unknown>): Promise<number> {
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

test("a consume writes the tenant's row, the user's and the ledger's, whatever windows count it; a read writes none", async () => {
  const tenant = newTenant();
  valueIn(await tenant.configure({ max_tokens: 100, max_tokens_per_day: 100, per_user_max_tokens_per_5h: 100 }));
  expect(await rowsWritten(tenant, () => tenant.consume({ user_id: "alice", tokens_in: 1 }))).toBe(3);
  expect(await rowsWritten(tenant, () => tenant.consume({ user_id: "alice", tokens_in: 1 }))).toBe(3);
  expect(await rowsWritten(tenant, () => tenant.allowsStep({ user_id: "alice" }))).toBe(0);
  expect(await rowsWritten(tenant, () => tenant.usageFor("alice"))).toBe(0);
  expect(await rowsWritten(tenant, () => tenant.allowsStep({ user_id: "nobody" }))).toBe(0);
});

test("each further bucket that a limit counts for is one row more, and one that none counts for is none", async () => {
  const tenant = newTenant();
  valueIn(await tenant.configure({ per_model_max_tokens: 100, per_user_and_model_max_calls_per_hour: 100 }));
  const labels = { model: "m", run: "r" };
  expect(await rowsWritten(tenant, () => tenant.consume({ labels, tokens_in: 1 }))).toBe(5);
});

test("a read's touch goes down with the next write", async () => {
  const tenant = newTenant();
  for (const user_id of ["alice", "bob"]) valueIn(await tenant.consume({ user_id }));
  valueIn(await tenant.allowsStep({ user_id: "alice" }));
  expect(await rowsWritten(tenant, () => tenant.consume({ user_id: "bob" }))).toBe(4);
});
