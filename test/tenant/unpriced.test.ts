/** A call whose model has no price is recorded, with an unknown cost. */
import { describe, expect, test } from "vitest";
import { StandardBudget } from "../../src/core/index.ts";
import { priceCall } from "../../src/pricing/index.ts";
import { ledgerOf, newTenant, refusalOf, START_MS, setNow, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

const CALL = { model: "no-such-model", tokens_in: 70, tokens_out: 30 };
const RECORDED = { tokens_total: 100, cost_usd: 0, calls: 1, unpriced_calls: 1, unpriced_tokens: 100 };

describe("it is recorded", () => {
  test("by consume, in the totals, the windows and the ledger, which add up", async () => {
    const tenant = tenantAt(START_MS);
    await tenant.configure({ per_model_max_tokens_per_day: 1000, max_cost_usd_per_5h: 1 });
    expect(await tenant.consume({ user_id: "alice", ...CALL })).toMatchObject({ state: "warn", unpriced: true });
    expect(await tenant.usage()).toMatchObject(RECORDED);
    expect(await tenant.usageFor("alice")).toMatchObject(RECORDED);
    expect(await tenant.usageOf({ scope: "model", id: "no-such-model" })).toMatchObject({
      ...RECORDED,
      limits: [{ used: 100 }],
    });
    expect((await ledgerOf(tenant)).at(-1)).toMatchObject({ kind: "consume", ...CALL, unpriced_calls: 1 });
    expect((await ledgerOf(tenant)).at(-1)).not.toHaveProperty("price");
    expect(await tenant.audit()).toMatchObject({ ok: true, totals: RECORDED });
  });

  test("by the commits of a reservation, once as a call", async () => {
    const tenant = newTenant();
    const { id } = await tenant.reserve({ model: "no-such-model", tokens: 100 });
    expect(await tenant.commit(id, { tokens_in: 70, final: false })).toMatchObject({ unpriced: true });
    expect(await tenant.commit(id, { tokens_out: 30 })).toMatchObject({ unpriced: true, spent: RECORDED });
    expect(await tenant.usage()).toMatchObject(RECORDED);
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("by an expiry that charges, until a commit corrects it", async () => {
    const tenant = tenantAt(START_MS);
    const { id } = await tenant.reserve({ model: "no-such-model", tokens: 500, on_expiry: "charge", ttl_seconds: 60 });
    setNow(START_MS + 60_000);
    expect(await tenant.usage()).toMatchObject({ calls: 1, unpriced_calls: 1, unpriced_tokens: 500 });
    await tenant.commit(id, { tokens_in: 70, tokens_out: 30, cost_usd: 0.5 });
    expect(await tenant.usage()).toMatchObject({ ...RECORDED, cost_usd: 0.5, unpriced_calls: 0, unpriced_tokens: 0 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("by an expiry of a reservation whose cost is known, extended by tokens whose cost is not", async () => {
    const tenant = tenantAt(START_MS);
    const call = { model: "no-such-model", tokens: 10, cost_usd: 0.1, on_expiry: "charge", ttl_seconds: 60 } as const;
    const known = await tenant.reserve(call);
    const extended = await tenant.reserve(call);
    await tenant.extend(known.id, { tokens: 5, cost_usd: 0.05 });
    await tenant.extend(extended.id, { tokens: 5 });
    setNow(START_MS + 60_000);
    expect(await tenant.usage()).toMatchObject({ calls: 2, cost_usd: 0.25, unpriced_calls: 1, unpriced_tokens: 15 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("by a batch, beside calls that have a price", async () => {
    const tenant = newTenant();
    const results = await tenant.batch([
      { op: "consume", ...CALL },
      { op: "consume", ...CALL, model: "gpt-4o-mini" },
    ]);
    expect(results).toMatchObject([{ ok: true, value: { unpriced: true } }, { ok: true }]);
    expect(await tenant.usage()).toMatchObject({
      calls: 2,
      unpriced_calls: 1,
      unpriced_tokens: 100,
      tokens_total: 200,
    });
  });

  test("by a budget in process, with a pricer or without one", () => {
    for (const pricer of [priceCall, undefined]) {
      const budget = new StandardBudget({ max_cost_usd: 1 }, { pricer });
      expect(budget.consume(CALL)).toMatchObject({ state: "warn", unpriced: true });
      expect(budget.usage()).toMatchObject(RECORDED);
      expect(() => budget.allowsStep({ model: "no-such-model" })).toThrow(
        'the model "no-such-model" has no known price',
      );
      expect(budget.allowsStep({ model: "no-such-model", cost_usd: 0.1 }).state).toBe("warn");
    }
  });
});

test("a step is warned while a limit of cost counts such a call, and not after its window", async () => {
  const tenant = tenantAt(START_MS);
  await tenant.configure({ max_cost_usd_per_day: 1, max_tokens: 1000 });
  await tenant.consume(CALL);
  await tenant.consume(CALL);
  expect(await tenant.allowsStep({ detail: true })).toMatchObject({
    state: "warn",
    reason: "cost per day unknown for 2 calls",
    limit: "max_cost_usd_per_day",
    limits: [{ name: "max_tokens" }, { name: "max_cost_usd_per_day", used: 0, unpriced_calls: 2 }],
  });
  setNow(START_MS + 86_400_000);
  expect(await tenant.allowsStep()).toMatchObject({ state: "ok", reason: null });
  expect(await tenant.usage()).toMatchObject({ unpriced_calls: 2 });
});

test("a step is not warned once a late commit has said what the expired call cost, even if nothing else changes", async () => {
  const tenant = tenantAt(START_MS);
  const { id } = await tenant.reserve({ model: "no-such-model", tokens: 5, on_expiry: "charge", ttl_seconds: 60 });
  await tenant.configure({ max_cost_usd_per_day: 1, max_cost_usd_per_5h: 1 });
  setNow(START_MS + 60_000);
  expect((await tenant.allowsStep()).state).toBe("warn");
  await tenant.commit(id, { tokens_out: 5, cost_usd: 0 });
  expect(await tenant.allowsStep()).toMatchObject({ state: "ok", reason: null });
  expect((await tenant.audit()).ok).toBe(true);
});

test("a limit that is nearly used up is the reason of a warning, before an unknown cost", async () => {
  const tenant = newTenant();
  await tenant.configure({ max_cost_usd: 1, max_tokens: 110 });
  expect(await tenant.consume(CALL)).toMatchObject({ state: "warn", limit: "max_tokens", reason: "tokens at 91%" });
});

describe("before the call, a step whose cost is unknown", () => {
  const step = { model: "no-such-model", user_id: "alice" };

  test.each([
    [{}, true],
    [{ max_tokens: 10, per_user_max_calls: 5 }, true],
    [{ max_cost_usd: 1, shadow_limits: ["max_cost_usd"] }, true],
    [{ per_team_max_cost_usd: 1 }, true],
    [{ max_cost_usd: 1 }, false],
    [{ per_user_max_cost_usd_per_5h: 1 }, false],
    [{ per_model_max_cost_usd: 1 }, false],
  ])("is allowed under %o: %s", async (config, isAllowed) => {
    const tenant = newTenant();
    await tenant.configure(config);
    for (const estimate of [{}, { tokens: 5 }]) {
      const calls = [() => tenant.allowsStep({ ...step, ...estimate }), () => tenant.reserve({ ...step, ...estimate })];
      for (const call of calls) {
        if (isAllowed) await call();
        else expect((await refusalOf(call())).code).toBe("unknown_model");
      }
    }
  });

  test("cannot extend its reservation once a cost limit applies", async () => {
    const tenant = newTenant();
    const { id } = await tenant.reserve({ ...step, tokens: 5 });
    await tenant.configure({ max_cost_usd: 1 });
    expect((await refusalOf(tenant.extend(id, { tokens: 5 }))).code).toBe("unknown_model");
    await tenant.extend(id, { ttl_seconds: 60 });
    await tenant.extend(id, { cost_usd: 0.1 });
  });

  test("is refused with the closest known name, and recorded as nothing", async () => {
    const tenant = newTenant();
    await tenant.configure({ max_cost_usd: 1 });
    const { code, detail } = await refusalOf(tenant.reserve({ model: "gpt-4o-minii", tokens: 5 }));
    expect([code, detail]).toEqual(["unknown_model", expect.stringContaining('Did you mean "gpt-4o-mini"?')]);
    expect(await tenant.usage()).toMatchObject({ calls: 0, held: { reservations: 0 } });
  });
});
