/** Operations that arrive together share a commit but not their faults. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { TenantBudget } from "../../src/index.ts";
import { configured, ledgerOf, type Tenant, useSetClock } from "./tenant.ts";
import { interceptSql, rowsWritten } from "./written.ts";

useSetClock();

const consumeFor = (user_id: string) => ({ op: "consume", user_id, tokens_in: 1 });

describe("operations that arrive together are written together", () => {
  /** Consumes for thirty-two callers at once, and returns the rows written for each. */
  const rowsPerConsume = async (tenant: Tenant, userOf: (i: number) => string) => {
    const callers = Array.from({ length: 32 }, (_, i) => i);
    // Inside the object, so that all of them arrive in one turn.
    const all = () =>
      runInDurableObject(tenant.object, (budget: TenantBudget) =>
        Promise.all(callers.map((i) => budget.run({ op: "consume", request: { user_id: userOf(i), tokens_in: 1 } }))),
      );
    return (await rowsWritten(tenant, all)) / callers.length;
  };

  test("a consume writes three rows alone, a tenth of a row among others of its user, and one among other users'", async () => {
    const tenant = await configured({ max_tokens: 1_000_000, per_user_max_tokens_per_day: 1000 });
    expect(await rowsWritten(tenant, () => tenant.consume({ user_id: "alice", tokens_in: 1 }))).toBe(3);
    // The first of a burst is written alone, since nothing waits yet; the next ones wait for each other.
    expect(await rowsPerConsume(tenant, () => "alice")).toBe((3 + 3) / 32);
    for (let i = 0; i < 3; i += 1) {
      // The tenant's row, the user's, and one of the ledger.
      expect(await rowsPerConsume(tenant, () => "alice")).toBe(3 / 32);
      // The tenant's row, each user's, and one of the ledger.
      expect(await rowsPerConsume(tenant, (each) => `${each}`)).toBe(34 / 32);
    }
    expect(await tenant.usage()).toMatchObject({ tokens_in: 225, calls: 225, users: 33 });
    expect(await tenant.audit()).toMatchObject({ ok: true, entries: 226 });
  });

  test("a batch of a thousand writes a row for each user, and two", async () => {
    const tenant = await configured();
    const operations = Array.from({ length: 1000 }, (_, i) => consumeFor(`${i % 10}`));
    expect(await rowsWritten(tenant, () => tenant.batch(operations))).toBe(12);
    expect(await tenant.audit()).toMatchObject({ ok: true, entries: 1001, totals: { calls: 1000 } });
  });

  test("reservations created and settled in one batch are written once each", async () => {
    const tenant = await configured();
    const request = { user_id: "alice", tokens: 1, idempotency_key: "k" };
    const { id } = await tenant.reserve(request);
    const operations = [
      { op: "commit", id, tokens_in: 1, final: false },
      { op: "extend", id, tokens: 4 },
      { op: "commit", id, tokens_in: 1 },
    ];
    expect(await rowsWritten(tenant, () => tenant.batch(operations))).toBe(4);
    expect(await tenant.usage()).toMatchObject({ tokens_in: 2, calls: 1, held: { reservations: 0 } });
  });
});

test("operations take effect in order of arrival, and each has its own answer", async () => {
  const tenant = await configured({ max_tokens: 3 });
  const answers = await tenant.batch([
    { op: "reserve", tokens: 2 },
    { op: "reserve", tokens: 2 },
    { op: "commit", id: "nope" },
    { op: "consume", tokens_in: 1 },
    { op: "configure", config: { max_tokens: 100 } },
    { op: "reserve", tokens: 2 },
    { op: "usage", bucket: { scope: "tenant", id: null } },
  ]);
  expect(answers).toMatchObject([
    { ok: true, value: { state: "held", decision: { remaining: { tokens: 1 } } } },
    { ok: false, refusal: { code: "limit_reached" } },
    { ok: false, refusal: { code: "unknown_reservation" } },
    { ok: true, value: { state: "blocked", remaining: { tokens: 0 } } },
    { ok: true, value: { version: 2 } },
    { ok: true, value: { decision: { remaining: { tokens: 95 } } } },
    { ok: true, value: { tokens_in: 1, held: { tokens: 4, reservations: 2 } } },
  ]);
  const kinds = (await ledgerOf(tenant)).map(({ kind }) => kind);
  expect(kinds).toEqual(["config", "hold", "refusal", "consume", "config", "hold"]);
});

describe("an operation that throws fails alone", () => {
  const USERS = ["alice", "bob", "mallory", "carol", "dave"];

  test.each([
    ["while it runs", "FROM bucket WHERE scope"],
    ["while it is written", "INTO bucket"],
  ])("%s", async (_, query) => {
    const tenant = await configured({ max_tokens: 100 });
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 10 });
    await interceptSql(tenant, (exec, sql, ...bindings) => {
      if (sql.includes(query) && bindings.includes("mallory")) throw new Error("disk I/O error");
      return exec(sql, ...bindings);
    });
    const calls = USERS.map((user_id) => tenant.consume({ user_id, tokens_in: 1, idempotency_key: user_id }));
    const settled = await Promise.allSettled([...calls, tenant.commit(id, { tokens_in: 5 })]);
    const outcomes = settled.map((each) =>
      each.status === "fulfilled" ? each.value.state : String(each.reason.cause),
    );
    expect(outcomes).toEqual(["ok", "ok", expect.stringContaining("disk I/O error"), "ok", "ok", "committed"]);
    await interceptSql(tenant, undefined);
    expect(await tenant.usage()).toMatchObject({
      tokens_in: 9,
      calls: 5,
      users: 4,
      held: { reservations: 0 },
    });
    expect((await tenant.usageFor("mallory")).calls).toBe(0);
    expect((await ledgerOf(tenant)).map(({ kind, user_id }) => [kind, user_id]).slice(2)).toEqual([
      ["consume", "alice"],
      ["consume", "bob"],
      ["consume", "carol"],
      ["consume", "dave"],
      ["commit", "alice"],
    ]);
    // An operation without effect leaves no idempotency key either.
    expect(await tenant.consume({ user_id: "mallory", tokens_in: 1, idempotency_key: "mallory" })).toEqual({
      state: "ok",
      reason: null,
      limit: null,
      remaining: { tokens: 90 },
      retry_after: null,
      cost_usd: 0,
    });
    await evictDurableObject(tenant.object);
    expect(await tenant.audit()).toMatchObject({ ok: true, totals: { tokens_in: 10, calls: 6 } });
  });
});
