/** An audit finds every stored total or entry that was changed. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { AuditResponse } from "../../src/wire/index.ts";
import { MINUTE_MS, newTenant, ring, START_MS, type Tenant, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

/** A tenant with a long history: 3 users, 2 models and a pair, corrections, evictions, late commits. */
async function storied(): Promise<Tenant> {
  const tenant = tenantAt(START_MS);
  const config = { per_model_max_tokens: 1000, per_user_and_model_max_tokens_per_day: 1000, max_users: 3 };
  await tenant.configure(config);
  for (const user_id of ["gone", "alice", "bob", null]) {
    await tenant.consume({ user_id, labels: { model: "m" }, tokens_in: 100, tokens_out: 10, cost_usd: 0.5 });
  }
  const request = { user_id: "alice", labels: { model: "n" }, tokens: 50, on_expiry: "charge" as const };
  const { id } = await tenant.reserve(request);
  await ring(tenant, START_MS + MINUTE_MS);
  await tenant.commit(id, { tokens_in: 20 });
  await tenant.adjust({ scope: "user", id: "alice" }, { cost_usd: -0.25, note: "x" });
  await tenant.reset({ scope: "user", id: "bob" });
  await tenant.consume({ user_id: "bob", tokens_in: 1 });
  return tenant;
}

/** Changes stored rows, as a fault would, while the object is not in memory. */
async function spoil(tenant: Tenant, query: string): Promise<AuditResponse> {
  await runInDurableObject(tenant.object, (_, { storage }) => void storage.sql.exec(query));
  await evictDurableObject(tenant.object);
  return tenant.audit();
}

describe("an audit", () => {
  test("finds that the ledger adds up to the totals, whatever happened", async () => {
    const tenant = await storied();
    const sound = {
      ok: true,
      entries: 13,
      buckets: 10,
      differences: [],
      totals: { tokens_in: 421, tokens_out: 40, calls: 6 },
    };
    expect(await tenant.audit()).toMatchObject(sound);
    await evictDurableObject(tenant.object);
    expect(await tenant.audit()).toMatchObject(sound);
  });

  test("of an unknown tenant finds nothing", async () => {
    expect(await newTenant().audit()).toMatchObject({ ok: true, entries: 0, buckets: 1, differences: [] });
  });

  test("finds a late commit that took back another amount than was charged, though all sums agree", async () => {
    const tenant = await storied();
    const found = await spoil(
      tenant,
      `UPDATE ledger SET entries = replace(entries, '"usage":[20,-50,0,0,', '"usage":[20,-40,0,0,');
       UPDATE tenant SET output_tokens = output_tokens + 10;
       UPDATE bucket SET output_tokens = output_tokens + 10 WHERE (scope, subject) IN
         (VALUES ('user', 'alice'), ('model', 'n'), ('user_and_model', '${"*".repeat(257)}'));`,
    );
    const wrong = { entry: 10, ledger: { tokens_in: 20, tokens_out: -50 }, stored: { tokens_in: 20, tokens_out: -40 } };
    expect(found).toMatchObject({
      ok: false,
      differences: [
        { scope: "tenant", id: null, ...wrong },
        { scope: "user", id: "alice", ...wrong },
        { scope: "model", id: "n", ...wrong },
        { scope: "user_and_model", id: null, overflow: true, ...wrong },
      ],
    });
  });

  test("finds a changed total, and names its bucket", async () => {
    const tenant = await storied();
    expect(
      await spoil(tenant, "UPDATE bucket SET input_tokens = 7 WHERE scope = 'user' AND subject = 'alice'"),
    ).toMatchObject({
      ok: false,
      differences: [
        { scope: "user", id: "alice", ledger: { tokens_in: 120, calls: 2 }, stored: { tokens_in: 7, calls: 2 } },
      ],
    });
    expect(
      (await spoil(tenant, "UPDATE tenant SET cost_nano_usd = cost_nano_usd + 1")).differences.map(({ scope, id }) => [
        scope,
        id,
      ]),
    ).toEqual([
      ["tenant", null],
      ["user", "alice"],
    ]);
  });

  test.each([
    "input_tokens",
    "output_tokens",
    "cost_nano_usd",
    "calls",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "reasoning_output_tokens",
    "unpriced_calls",
    "unpriced_tokens",
  ])("finds a changed %s", async (column) => {
    const tenant = newTenant();
    await tenant.consume({ labels: { model: "m" }, tokens_in: 5 });
    const { ok, differences } = await spoil(tenant, `UPDATE bucket SET ${column} = ${column} + 1`);
    expect([ok, differences.length, differences[0]?.scope, differences[0]?.id]).toEqual([false, 1, "user", null]);
  });

  test("finds a lost bucket, with all that the ledger has of it", async () => {
    const tenant = await storied();
    const query = `DELETE FROM bucket WHERE scope = 'user_and_model' AND subject = '["alice","m"]'`;
    expect((await spoil(tenant, query)).differences).toMatchObject([
      {
        scope: "user_and_model",
        id: ["alice", "m"],
        ledger: { tokens_in: 100, calls: 1 },
        stored: { tokens_in: 0, calls: 0 },
      },
    ]);
  });

  test("finds lost and changed entries in every bucket they counted in", async () => {
    const tenant = await storied();
    expect(
      (await spoil(tenant, "DELETE FROM ledger WHERE first_id = 3")).differences.map(({ scope, id }) => [scope, id]),
    ).toEqual([
      ["tenant", null],
      ["model", "m"],
      ["user", "alice"],
      ["user_and_model", ["alice", "m"]],
    ]);
    const other = await storied();
    const query = `UPDATE ledger SET entries = replace(entries, '"usage":[100,', '"usage":[101,') WHERE first_id = 2`;
    expect((await spoil(other, query)).differences.map(({ scope, id }) => [scope, id])).toEqual([
      ["tenant", null],
      ["model", "m"],
      ["user_and_model", ["gone", "m"]],
      // The bucket was evicted.
      ["user", "gone"],
    ]);
  });

  test("reports at most a hundred differences", async () => {
    const tenant = newTenant();
    const consume = (i: number) => ({ op: "consume", user_id: `${i}`, tokens_in: 1 });
    await tenant.batch(Array.from({ length: 150 }, (_, i) => consume(i)));
    const { ok, buckets, differences } = await spoil(tenant, "UPDATE bucket SET calls = 2");
    expect([ok, buckets, differences.length]).toEqual([false, 151, 100]);
  });
});
