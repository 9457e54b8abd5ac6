import { expect, test } from "vitest";
import { rowsWritten } from "./rows-written.ts";
import { newTenant, valueIn } from "./tenant.ts";

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
