/** When a reservation expires, and what is charged then. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  configured,
  HOUR_MS,
  ledgerOf,
  MINUTE_MS,
  refusalOf,
  ring,
  SECOND_MS,
  START_MS,
  setNow,
  type Tenant,
  useSetClock,
} from "./tenant.ts";

useSetClock();

function alarmOf(tenant: Tenant): Promise<number | null> {
  return runInDurableObject(tenant.object, (_, { storage }) => storage.getAlarm());
}

const kindsOf = async (tenant: Tenant) => (await ledgerOf(tenant)).map(({ kind }) => kind);

describe("a reservation", () => {
  test("expires after its own ttl_seconds, or the configuration's", async () => {
    const tenant = await configured({ reservation_ttl_seconds: 90 });
    expect((await tenant.reserve({})).expires_at).toBe("2040-01-01T00:01:30.000Z");
    expect((await tenant.reserve({ ttl_seconds: 1.5 })).expires_at).toBe("2040-01-01T00:00:01.500Z");
  });

  test("expires at any read, exactly once", async () => {
    const tenant = await configured({ max_tokens: 50 });
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 50 });
    setNow(START_MS + MINUTE_MS - 1);
    expect((await tenant.allowsStep()).state).toBe("blocked");
    setNow(START_MS + MINUTE_MS);
    expect((await tenant.allowsStep()).state).toBe("ok");
    setNow(START_MS + 2 * MINUTE_MS);
    expect(await tenant.reservation(id)).toMatchObject({
      state: "expired",
      granted: { tokens: 50 },
      held: { tokens: 0 },
      spent: { calls: 0 },
      settled_at: "2040-01-01T00:01:00.000Z",
    });
    expect(await ring(tenant, START_MS + 2 * MINUTE_MS)).toBe(true);
    expect(await kindsOf(tenant)).toEqual(["config", "hold", "expiry"]);
    expect(await tenant.usage()).toMatchObject({ calls: 0, users: 0 });
  });

  test("expires by the alarm, exactly once, without any call and after an eviction", async () => {
    const tenant = await configured();
    for (const ttl_seconds of [30, 10, 20]) {
      await tenant.reserve({ user_id: "alice", tokens: ttl_seconds, ttl_seconds, on_expiry: "charge" });
    }
    expect(await alarmOf(tenant)).toBe(START_MS + 10 * SECOND_MS);
    await evictDurableObject(tenant.object);
    expect(await ring(tenant, START_MS + 10 * SECOND_MS)).toBe(true);
    const stored = () =>
      runInDurableObject(tenant.object, (_, { storage }) =>
        storage.sql.exec("SELECT state, count(*) AS count FROM reservation GROUP BY state").toArray(),
      );
    expect(await stored()).toEqual([
      { state: "expired", count: 1 },
      { state: "held", count: 2 },
    ]);
    expect(await alarmOf(tenant)).toBe(START_MS + 20 * SECOND_MS);
    await evictDurableObject(tenant.object);
    // Late, as an alarm can be: all that are due expire.
    expect(await ring(tenant, START_MS + 40 * SECOND_MS)).toBe(true);
    expect(await stored()).toEqual([{ state: "expired", count: 3 }]);
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_out: 60, calls: 3 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("settled early leaves the alarm as it is, which then finds nothing to do", async () => {
    const tenant = await configured();
    const { id } = await tenant.reserve({ tokens: 1 });
    await tenant.commit(id, { tokens_in: 1 });
    expect(await alarmOf(tenant)).toBe(START_MS + MINUTE_MS);
    await ring(tenant, START_MS + MINUTE_MS);
    expect(await kindsOf(tenant)).toEqual(["config", "hold", "commit"]);
    expect(await alarmOf(tenant)).toBeGreaterThanOrEqual(START_MS + HOUR_MS);
  });

  test("expires in the order of expires_at", async () => {
    const tenant = await configured();
    const ids: string[] = [];
    for (const ttl_seconds of [30, 20, 20]) ids.push((await tenant.reserve({ ttl_seconds })).id);
    setNow(START_MS + MINUTE_MS);
    const expired = (await ledgerOf(tenant, { kind: "expiry" })).map(({ reservation }) => reservation);
    expect(expired).toEqual([ids[1], ids[2], ids[0]]);
  });
});

describe("an expired reservation with on_expiry charge", () => {
  test("is committed in full, as an estimate", async () => {
    const tenant = await configured({ max_tokens: 100 });
    const request = { user_id: "alice", tokens: 60, input_tokens: 10, output_tokens: 20, cost_usd: 0.5 };
    const { id } = await tenant.reserve({ ...request, on_expiry: "charge" });
    setNow(START_MS + MINUTE_MS);
    // Tokens of neither kind are charged as output.
    const estimated = { tokens_in: 10, tokens_out: 50, tokens_total: 60, cost_usd: 0.5, calls: 1 };
    expect(await tenant.reservation(id)).toMatchObject({ state: "expired", estimated, spent: { calls: 0 } });
    expect(await tenant.usageFor("alice")).toMatchObject({ ...estimated, held: { reservations: 0 } });
    expect(await ledgerOf(tenant, { kind: "expiry" })).toMatchObject([
      { reservation: id, estimated: true, user_id: "alice", tokens_in: 10, tokens_out: 50, cost_usd: 0.5, calls: 1 },
    ]);
  });

  test.each([
    ["less", { tokens_in: 10, tokens_out: 5, cost_usd: 0.25 }],
    ["more", { tokens_in: 100, tokens_out: 100, cost_usd: 2 }],
    ["as much", { tokens_in: 0, tokens_out: 60, cost_usd: 0.5 }],
    ["nothing", { tokens_in: 0, tokens_out: 0, cost_usd: 0 }],
  ])("is corrected by a late commit of %s", async (_, used) => {
    const tenant = await configured();
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 60, cost_usd: 0.5, on_expiry: "charge" });
    await ring(tenant, START_MS + MINUTE_MS);
    await evictDurableObject(tenant.object);
    setNow(START_MS + HOUR_MS);
    const committed = await tenant.commit(id, used);
    expect(committed).toMatchObject({ state: "committed", late: true, spent: { ...used, calls: 1 } });
    expect(committed).not.toHaveProperty("estimated");
    expect(await tenant.usageFor("alice")).toMatchObject({ ...used, calls: 1 });
    expect(await tenant.usage()).toMatchObject({ ...used, calls: 1 });
    expect((await refusalOf(tenant.commit(id, used))).code).toBe("already_settled");
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("is corrected by commits with final false, taken from the charge until the last one settles it", async () => {
    const tenant = await configured();
    const { id } = await tenant.reserve({ tokens: 60, on_expiry: "charge" });
    setNow(START_MS + MINUTE_MS);
    const tokens = async () => {
      const { tokens_total, calls } = await tenant.usage();
      return [tokens_total, calls];
    };
    expect(await tokens()).toEqual([60, 1]);
    expect(await tenant.commit(id, { tokens_out: 20, final: false })).toMatchObject({
      state: "expired",
      late: true,
      estimated: { tokens_out: 40, calls: 0 },
      spent: { tokens_out: 20, calls: 1 },
    });
    expect(await tokens()).toEqual([60, 1]);
    await tenant.commit(id, { tokens_out: 50, final: false });
    expect(await tokens()).toEqual([70, 1]);
    await tenant.commit(id, { tokens_out: 1 });
    expect(await tokens()).toEqual([71, 1]);
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("is charged what was left after a commit with final false", async () => {
    const tenant = await configured();
    const { id } = await tenant.reserve({ tokens: 60, on_expiry: "charge" });
    await tenant.commit(id, { tokens_out: 45, final: false });
    setNow(START_MS + MINUTE_MS);
    expect(await tenant.usage()).toMatchObject({ tokens_out: 60, calls: 1 });
    await tenant.commit(id, { tokens_out: 5 });
    expect(await tenant.usage()).toMatchObject({ tokens_out: 50, calls: 1 });
  });

  test("is charged in the buckets of its labels, and corrected in the same ones", async () => {
    const tenant = await configured({ per_team_max_tokens: 100 });
    const labels = { team: "red", run: "1" };
    const { id } = await tenant.reserve({ labels, tokens: 60, on_expiry: "charge" });
    const team = { scope: "team", id: "red" };
    setNow(START_MS + MINUTE_MS);
    expect((await tenant.usageOf(team)).tokens_total).toBe(60);
    await tenant.commit(id, { tokens_in: 5 });
    expect(await tenant.usageOf(team)).toMatchObject({ tokens_in: 5, tokens_out: 0, calls: 1 });
    expect((await tenant.audit()).ok).toBe(true);
  });
});

describe("retry_after, if open reservations block the step,", () => {
  test("is when the first of them expires; null if there is none, or their expiry would not be enough", async () => {
    const tenant = await configured({ max_tokens: 100 });
    await tenant.reserve({ tokens: 60, ttl_seconds: 90 });
    await tenant.reserve({ tokens: 30, ttl_seconds: 45 });
    setNow(START_MS + 5 * SECOND_MS);
    expect(await refusalOf(tenant.reserve({ tokens: 11 }))).toMatchObject({
      code: "limit_reached",
      decision: { retry_after: 40 },
    });
    expect(await refusalOf(tenant.reserve({ tokens: 101 }))).toMatchObject({
      code: "budget_exhausted",
      decision: { retry_after: null },
    });
    await tenant.consume({ tokens_in: 95 });
    expect((await refusalOf(tenant.reserve({ tokens: 6 }))).decision?.retry_after).toBeNull();
    expect((await refusalOf(tenant.reserve({ tokens: 5 }))).decision?.retry_after).toBe(40);
    expect((await tenant.allowsStep()).retry_after).toBe(40);
  });

  test("is the window's end if that comes first", async () => {
    const tenant = await configured({ max_tokens_per_minute: 100 });
    setNow(START_MS + 50 * SECOND_MS);
    await tenant.consume({ tokens_in: 50 });
    await tenant.reserve({ tokens: 50, ttl_seconds: 30 });
    // From the next minute on, 20 fit beside the open reservation. 51 fit only once it has expired.
    expect((await refusalOf(tenant.reserve({ tokens: 20 }))).decision?.retry_after).toBe(10);
    expect((await refusalOf(tenant.reserve({ tokens: 51 }))).decision?.retry_after).toBe(30);
    expect((await refusalOf(tenant.reserve({ tokens: 101 }))).decision?.retry_after).toBeNull();
  });
});
