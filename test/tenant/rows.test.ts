/** How many rows each operation writes, as the platform bills them. */
import { expect, test } from "vitest";
import { newTenant } from "./tenant.ts";
import { rowsWritten } from "./written.ts";

test("a consume writes the tenant's row, the user's and the ledger's, whatever windows count it; a read writes none", async () => {
  const tenant = newTenant();
  await tenant.configure({ max_tokens: 100, max_tokens_per_day: 100, per_user_max_tokens_per_5h: 100 });
  expect(await rowsWritten(tenant, () => tenant.consume({ user_id: "alice", tokens_in: 1 }))).toBe(3);
  expect(await rowsWritten(tenant, () => tenant.consume({ user_id: "alice", tokens_in: 1 }))).toBe(3);
  expect(await rowsWritten(tenant, () => tenant.allowsStep({ user_id: "alice" }))).toBe(0);
  expect(await rowsWritten(tenant, () => tenant.usageFor("alice"))).toBe(0);
  expect(await rowsWritten(tenant, () => tenant.allowsStep({ user_id: "nobody" }))).toBe(0);
});

test("each further bucket that a limit counts for is one more row, and a label without a limit is none", async () => {
  const tenant = newTenant();
  await tenant.configure({ per_model_max_tokens: 100, per_user_and_model_max_calls_per_hour: 100 });
  const labels = { model: "m", run: "r" };
  expect(await rowsWritten(tenant, () => tenant.consume({ labels, tokens_in: 1 }))).toBe(5);
});

test("a read's touch is written with the next write", async () => {
  const tenant = newTenant();
  for (const user_id of ["alice", "bob"]) await tenant.consume({ user_id });
  await tenant.allowsStep({ user_id: "alice" });
  expect(await rowsWritten(tenant, () => tenant.consume({ user_id: "bob" }))).toBe(4);
});

test("a reservation writes its own row and the ledger's, and its commit those of the buckets too", async () => {
  const tenant = newTenant();
  await tenant.consume({ user_id: "alice" });
  let id = "";
  const reserve = async () => {
    id = (await tenant.reserve({ user_id: "alice", tokens: 5 })).id;
  };
  expect(await rowsWritten(tenant, reserve)).toBe(2);
  expect(await rowsWritten(tenant, () => tenant.extend(id, { tokens: 5 }))).toBe(2);
  expect(await rowsWritten(tenant, () => tenant.commit(id, { tokens_in: 5 }))).toBe(4);
  expect(await rowsWritten(tenant, reserve)).toBe(2);
  expect(await rowsWritten(tenant, () => tenant.release(id))).toBe(2);
  expect(await rowsWritten(tenant, () => tenant.reservation(id))).toBe(0);
});

test("an idempotency_key is one more row, and a replay writes none", async () => {
  const tenant = newTenant();
  const consume = () => tenant.consume({ user_id: "alice", idempotency_key: "k" });
  expect(await rowsWritten(tenant, consume)).toBe(4);
  expect(await rowsWritten(tenant, consume)).toBe(0);
});
