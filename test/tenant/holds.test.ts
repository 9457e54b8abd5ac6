import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { newTenant, setNow, valueIn } from "./tenant.ts";

// Ahead of the platform's own clock, so that an alarm goes off when a test says so.
const START_MS = Date.UTC(2040, 0, 1);

beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
beforeEach(() => setNow(START_MS));
afterAll(() => void vi.useRealTimers());

const QUERY = { after: 0, limit: 1000 };

async function kindsOf(tenant: ReturnType<typeof newTenant>): Promise<string[]> {
  return valueIn(await tenant.ledger(QUERY)).items.map(({ kind }) => kind);
}

describe("a hold whose time is over", () => {
  test("ends by the alarm, once, and gives back what it held", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens: 100 }));
    const { id } = valueIn(await tenant.reserve({ tokens: 100, ttl_seconds: 30 }));
    expect(valueIn(await tenant.allowsStep({})).state).toBe("blocked");
    setNow(START_MS + 29_999);
    await runDurableObjectAlarm(tenant);
    expect(valueIn(await tenant.reservation(id)).state).toBe("held");
    setNow(START_MS + 30_000);
    expect(await runDurableObjectAlarm(tenant)).toBe(true);
    expect(valueIn(await tenant.allowsStep({}))).toMatchObject({ state: "ok", remaining: { tokens: 100 } });
    expect(valueIn(await tenant.reservation(id))).toMatchObject({ state: "expired", held: { tokens: 0 } });
    expect(await kindsOf(tenant)).toEqual(["config", "hold", "expiry"]);
  });

  test("ends at any read too, though the object was away meanwhile", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens: 100 }));
    valueIn(await tenant.reserve({ tokens: 100 }));
    await evictDurableObject(tenant);
    expect(valueIn(await tenant.allowsStep({})).state).toBe("blocked");
    setNow(START_MS + 60_000);
    expect(valueIn(await tenant.usage()).held).toMatchObject({ tokens: 0, reservations: 0 });
    expect(await kindsOf(tenant)).toEqual(["config", "hold", "expiry"]);
  });

  test("is charged in full where the call may have been made, and a later commit tells better", async () => {
    const tenant = newTenant();
    const hold = { user_id: "alice", tokens: 100, input_tokens: 30, cost_usd: 0.5, on_expiry: "charge" } as const;
    const { id } = valueIn(await tenant.reserve(hold));
    setNow(START_MS + 60_000);
    const charged = { tokens_in: 30, tokens_out: 70, cost_usd: 0.5, calls: 1 };
    expect(valueIn(await tenant.usageFor("alice"))).toMatchObject(charged);
    expect(valueIn(await tenant.reservation(id)).estimated).toMatchObject(charged);
    const late = valueIn(await tenant.commit(id, { tokens_in: 40, tokens_out: 5, cost_usd: 0.125 }));
    expect(late).toMatchObject({ state: "committed", late: true, spent: { tokens_in: 40, tokens_out: 5, calls: 1 } });
    expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 40, tokens_out: 5, cost_usd: 0.125, calls: 1 });
    expect(valueIn(await tenant.ledger(QUERY)).items).toMatchObject([
      { kind: "hold" },
      { kind: "expiry", estimated: true, ...charged },
      { kind: "commit", late: true, tokens_in: 10, tokens_out: -65, cost_usd: -0.375, calls: 0 },
    ]);
    expect(valueIn(await tenant.audit()).ok).toBe(true);
  });

  test("is corrected in full by a bucket that was reset since, and by nothing below zero", async () => {
    const tenant = newTenant();
    const { id } = valueIn(await tenant.reserve({ user_id: "alice", tokens: 100, on_expiry: "charge" }));
    setNow(START_MS + 60_000);
    valueIn(await tenant.usage());
    setNow(START_MS + 61_000);
    valueIn(await tenant.reset({ scope: "user", subject: "alice" }, {}));
    valueIn(await tenant.adjust({ scope: "tenant", subject: "" }, { tokens_out: -90, note: "a refund" }));
    valueIn(await tenant.commit(id, { tokens_in: 7 }));
    expect(valueIn(await tenant.usageFor("alice"))).toMatchObject({ tokens_in: 7, tokens_out: 0, calls: 1 });
    expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 7, tokens_out: 0, calls: 1 });
    expect(valueIn(await tenant.audit())).toMatchObject({ ok: true, differences: [] });
  });

  test("is recorded all the same, late, and so is one that was released", async () => {
    const tenant = newTenant();
    for (const end of ["release", "expiry"]) {
      const { id } = valueIn(await tenant.reserve({ tokens: 100 }));
      if (end === "release") valueIn(await tenant.release(id, {}));
      else setNow(START_MS + 60_000);
      expect(valueIn(await tenant.commit(id, { tokens_in: 5 }))).toMatchObject({ late: true, state: "committed" });
      expect(await tenant.commit(id, { tokens_in: 5 })).toMatchObject({ refusal: { code: "already_settled" } });
    }
    expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 10, calls: 2 });
  });
});

describe("a hold", () => {
  test("is settled in parts, as one call", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens: 100, max_calls: 5 }));
    const { id } = valueIn(await tenant.reserve({ tokens: 60 }));
    const part = valueIn(await tenant.commit(id, { tokens_in: 25, final: false }));
    expect(part).toMatchObject({
      state: "held",
      held: { tokens: 35 },
      decision: { remaining: { tokens: 40, calls: 4 } },
    });
    await evictDurableObject(tenant);
    const last = valueIn(await tenant.commit(id, { tokens_out: 50 }));
    expect(last).toMatchObject({ state: "committed", spent: { tokens_total: 75, calls: 1 } });
    expect(last.decision.remaining).toEqual({ tokens: 25, calls: 4 });
  });

  test("counts its commit in the window of the commit, and itself in whichever is current", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens_per_day: 100 }));
    const { id } = valueIn(await tenant.reserve({ tokens: 80, ttl_seconds: 86_400 }));
    setNow(START_MS + 86_399_000);
    expect(valueIn(await tenant.allowsStep({ tokens: 21 })).state).toBe("blocked");
    valueIn(await tenant.extend(id, { ttl_seconds: 60 }));
    setNow(START_MS + 86_401_000);
    expect(valueIn(await tenant.allowsStep({})).remaining).toEqual({ tokens: 20 });
    valueIn(await tenant.commit(id, { tokens_in: 90 }));
    expect(valueIn(await tenant.usage()).limits).toMatchObject([{ used: 90, held: 0, remaining: 10 }]);
  });

  test("is extended by an amount that fits and by time from now on", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens: 100, max_concurrent_calls: 1 }));
    const { id } = valueIn(await tenant.reserve({ tokens: 60, ttl_seconds: 10 }));
    expect(await tenant.extend(id, { tokens: 41 })).toMatchObject({ refusal: { code: "limit_reached" } });
    expect(valueIn(await tenant.extend(id, { tokens: 41, if_short: "cap" })).granted.tokens).toBe(100);
    setNow(START_MS + 9000);
    expect(valueIn(await tenant.extend(id, { ttl_seconds: 10 })).expires_at).toBe("2040-01-01T00:00:19.000Z");
    setNow(START_MS + 19_000);
    expect(await tenant.extend(id, { ttl_seconds: 10 })).toMatchObject({ refusal: { code: "already_settled" } });
  });

  test("holds what every limit has left where that is asked for", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens: 1000, max_output_tokens: 50, per_user_max_cost_usd: 1 }));
    const ask = { user_id: "alice", tokens: 900, input_tokens: 700, output_tokens: 200, cost_usd: 4 };
    expect(await tenant.reserve(ask)).toMatchObject({ refusal: { decision: { limit: "max_output_tokens" } } });
    expect(valueIn(await tenant.reserve({ ...ask, if_short: "cap" })).granted).toEqual({
      tokens: 750,
      input_tokens: 700,
      output_tokens: 50,
      cost_usd: 1,
    });
    expect(await tenant.reserve({ ...ask, if_short: "cap" })).toMatchObject({ refusal: { code: "limit_reached" } });
  });

  test("counts as a call at a time, for the tenant and for each user", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_concurrent_calls: 3, per_user_max_concurrent_calls: 2 }));
    const reserve = async (user_id: string) => tenant.reserve({ user_id });
    const first = valueIn(await reserve("alice"));
    valueIn(await reserve("alice"));
    const refused = await reserve("alice");
    expect(refused).toMatchObject({
      refusal: { decision: { limit: "per_user_max_concurrent_calls", retry_after: 60 } },
    });
    valueIn(await reserve("bob"));
    expect(await reserve("bob")).toMatchObject({ refusal: { decision: { limit: "max_concurrent_calls" } } });
    valueIn(await tenant.commit(first.id, {}));
    valueIn(await reserve("alice"));
  });

  test("keeps a bucket from being idle", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ user_idle_ttl_seconds: 60 }));
    valueIn(await tenant.consume({ user_id: "alice", tokens_in: 5 }));
    valueIn(await tenant.reserve({ user_id: "alice", tokens: 1, ttl_seconds: 300 }));
    setNow(START_MS + 100_000);
    expect(valueIn(await tenant.usageFor("alice")).tokens_in).toBe(5);
    setNow(START_MS + 400_000);
    expect(valueIn(await tenant.usageFor("alice")).tokens_in).toBe(0);
  });

  test("is found again after hundreds that came and went before and after it", async () => {
    const tenant = newTenant();
    const comeAndGo = async (count: number) => {
      for (let i = 0; i < count; i += 1) {
        const { id } = valueIn(await tenant.reserve({ tokens: 1 }));
        valueIn(await tenant.commit(id, { tokens_in: 1 }));
      }
    };
    await comeAndGo(20);
    const kept = valueIn(await tenant.reserve({ tokens: 7, ttl_seconds: 3600 }));
    await comeAndGo(20);
    await evictDurableObject(tenant);
    expect(valueIn(await tenant.usage()).held).toMatchObject({ tokens: 7, reservations: 1 });
    valueIn(await tenant.release(kept.id, {}));
    await comeAndGo(20);
    await evictDurableObject(tenant);
    expect(valueIn(await tenant.usage())).toMatchObject({ held: { reservations: 0 }, tokens_in: 60, calls: 60 });
  });

  test("of a user without a bucket counts against the user's limits", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ per_user_max_tokens: 10 }));
    valueIn(await tenant.reserve({ user_id: "alice", tokens: 10 }));
    expect(valueIn(await tenant.allowsStep({ user_id: "alice" }))).toMatchObject({ limit: "per_user_max_tokens" });
    expect(valueIn(await tenant.allowsStep({ user_id: "bob" })).state).toBe("ok");
    expect(valueIn(await tenant.usage()).users).toBe(0);
  });
});
