/** How similar systems fail, as their users report, and what this one does instead. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  configured,
  DAY_MS,
  HOUR_MS,
  ledgerOf,
  MINUTE_MS,
  refusalOf,
  ring,
  START_MS,
  setNow,
  useSetClock,
} from "./tenant.ts";

useSetClock();

const alice = { scope: "user", id: "alice" };

test("a burst passes the check before any spend is recorded: here the check and the reservation are one step", async () => {
  const tenant = await configured({ max_cost_usd: 1 });
  const answers = await Promise.allSettled(Array.from({ length: 50 }, () => tenant.reserve({ cost_usd: 0.3 })));
  expect(answers.map(({ status }) => status === "fulfilled")).toEqual(Array.from({ length: 50 }, (_, i) => i < 3));
  expect((await tenant.usage()).held.cost_usd).toBe(0.9);
});

test("reservations are added to the spend counter and leak: here they are not spending, and each expires", async () => {
  const tenant = await configured({ max_cost_usd: 1, per_user_max_cost_usd_per_day: 1 });
  for (let i = 0; i < 30; i += 1) {
    const { id } = await tenant.reserve({ user_id: "alice", cost_usd: 1 });
    expect((await tenant.usage()).cost_usd).toBe(0);
    // A third is released, a third is forgotten by its caller, and a third is forgotten while the object is evicted.
    if (i % 3 === 0) await tenant.release(id);
    else if (i % 3 === 2) await evictDurableObject(tenant.object);
    setNow(START_MS + (i + 1) * MINUTE_MS);
  }
  expect(await tenant.allowsStep({ user_id: "alice" })).toMatchObject({
    state: "ok",
    remaining: { cost_usd: 1 },
  });
  expect(await tenant.usage()).toMatchObject({
    cost_usd: 0,
    calls: 0,
    held: { cost_usd: 0, reservations: 0 },
  });
  expect((await tenant.audit()).ok).toBe(true);
});

describe("the caller dies after the provider was called, and the spend vanishes: here", () => {
  test("on_expiry charge charges the reservation, and a late commit corrects the charge", async () => {
    const tenant = await configured({ max_tokens: 1000 });
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 400, on_expiry: "charge" });
    expect(await ring(tenant, START_MS + MINUTE_MS)).toBe(true);
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_total: 400, calls: 1 });
    await tenant.commit(id, { tokens_in: 100, tokens_out: 150 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 100, tokens_out: 150, calls: 1 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("also if the bucket was reset before that", async () => {
    const tenant = await configured({});
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 400, on_expiry: "charge" });
    await ring(tenant, START_MS + MINUTE_MS);
    setNow(START_MS + HOUR_MS);
    await tenant.reset(alice, { note: "new month" });
    await tenant.commit(id, { tokens_in: 100 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 100, tokens_out: 0, calls: 1 });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 100, tokens_out: 0, calls: 1 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("also if the bucket was evicted before that", async () => {
    const tenant = await configured({ max_users: 1 });
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 400, on_expiry: "charge" });
    await ring(tenant, START_MS + MINUTE_MS);
    setNow(START_MS + HOUR_MS);
    await tenant.consume({ user_id: "bob" });
    expect((await tenant.usageFor("alice")).calls).toBe(0);
    await tenant.commit(id, { tokens_in: 100 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 100, tokens_out: 0, calls: 1 });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 100, tokens_out: 0, calls: 2 });
    expect((await tenant.audit()).ok).toBe(true);
  });
});

test("a second store drifts from the first: here memory is rebuilt from the one store, the same after any eviction", async () => {
  const tenant = await configured({ max_tokens: 1000, per_model_max_tokens_per_5h: 500, per_user_max_calls: 9 });
  const { id } = await tenant.reserve({ user_id: "alice", labels: { model: "m" }, tokens: 30 });
  await tenant.setLimits(alice, { max_calls: 20 });
  for (let i = 0; i < 12; i += 1) {
    setNow(START_MS + i);
    await tenant.consume({
      user_id: i % 2 === 0 ? "alice" : null,
      labels: { model: i % 3 === 0 ? "m" : "n" },
      tokens_in: i,
    });
    const all = async () => [
      await tenant.usage(),
      await tenant.usageFor("alice"),
      await tenant.usageFor(null),
      await tenant.usageOf({ scope: "model", id: "m" }),
      await tenant.reservation(id),
      await tenant.config(),
      await tenant.allowsStep({ user_id: "alice", labels: { model: "m" }, detail: true }),
    ];
    const before = await all();
    await evictDurableObject(tenant.object);
    expect(await all()).toEqual(before);
  }
  expect(await tenant.audit()).toMatchObject({
    ok: true,
    entries: 15,
    buckets: 5,
    totals: { tokens_in: 66, calls: 12 },
  });
});

test("a reset while a call is in flight drives the counter negative: here the call counts when it is committed", async () => {
  const tenant = await configured({ per_user_max_tokens_per_day: 1000 });
  await tenant.consume({ user_id: "alice", tokens_in: 300 });
  const { id } = await tenant.reserve({ user_id: "alice", tokens: 200 });
  await tenant.reset(alice);
  expect(await tenant.usageFor("alice")).toMatchObject({
    tokens_total: 0,
    calls: 0,
    held: { tokens: 200 },
    limits: [{ used: 0, held: 200, remaining: 800 }],
  });
  await tenant.commit(id, { tokens_in: 150 });
  expect(await tenant.usageFor("alice")).toMatchObject({
    tokens_total: 150,
    calls: 1,
    held: { tokens: 0 },
    limits: [{ used: 150, held: 0, remaining: 850 }],
  });
  expect((await tenant.audit()).ok).toBe(true);
});

test("a worst-case estimate refuses a call that would have fit: here if_short cap reserves what is left, and says so", async () => {
  const tenant = await configured({ max_tokens: 10_000 });
  await tenant.consume({ tokens_in: 7000 });
  const worstCase = { input_tokens: 1000, output_tokens: 4096 };
  expect((await refusalOf(tenant.reserve(worstCase))).decision?.limit).toBe("max_tokens");
  const { id, granted } = await tenant.reserve({ ...worstCase, if_short: "cap" });
  expect(granted).toMatchObject({ tokens: 3000, input_tokens: 1000, output_tokens: 2000 });
  await tenant.commit(id, { tokens_in: 1000, tokens_out: 350 });
  expect((await tenant.allowsStep()).remaining).toEqual({ tokens: 1650 });
});

test("resets are late by the zone's offset, and the page shows another time: here both use one calendar", async () => {
  const tenant = await configured({ max_calls_per_day: 1, timezone: "America/Los_Angeles" });
  // Midnight in Los Angeles is 08:00 UTC.
  setNow(START_MS + 20 * HOUR_MS);
  const decision = await tenant.consume({ detail: true });
  const told = "2040-01-02T08:00:00.000Z";
  expect(decision).toMatchObject({ state: "blocked", retry_after: 12 * 3600, limits: [{ resets_at: told }] });
  expect((await tenant.usage()).limits).toMatchObject([{ resets_at: told }]);
  setNow(Date.parse(told) - 1);
  expect((await refusalOf(tenant.reserve({}))).decision?.retry_after).toBe(0.001);
  setNow(Date.parse(told));
  expect((await tenant.allowsStep()).state).toBe("ok");
});

test("a month is thirty days from the first call: here it is a calendar month from month_starts_on", async () => {
  const tenant = await configured({ max_calls_per_month: 1, month_starts_on: 15 });
  setNow(Date.parse("2040-02-10T12:00:00Z"));
  const decision = await tenant.consume({ detail: true });
  expect(decision.limits).toMatchObject([{ resets_at: "2040-02-15T00:00:00.000Z" }]);
  setNow(Date.parse("2040-02-15T00:00:00Z"));
  expect((await tenant.consume({ detail: true })).limits).toMatchObject([
    { used: 1, resets_at: "2040-03-15T00:00:00.000Z" },
  ]);
});

test("a mistyped limit or an unknown price is silently accepted: here each is an error before the call, and changes nothing", async () => {
  const tenant = await configured({ max_cost_usd: 10 });
  expect(await refusalOf(tenant.patchConfig({ max_token: 5 }))).toMatchObject({
    code: "invalid_input",
    errors: [{ pointer: "/max_token" }],
  });
  expect(await tenant.config()).toMatchObject({ version: 1, config: { max_cost_usd: 10 } });
  const unpriced = { model: "no-such-model", tokens: 5 };
  expect((await refusalOf(tenant.allowsStep(unpriced))).code).toBe("unknown_model");
  expect((await refusalOf(tenant.reserve(unpriced))).code).toBe("unknown_model");
  expect(await tenant.usage()).toMatchObject({ calls: 0, held: { reservations: 0 } });
  setNow(START_MS + DAY_MS);
  expect((await ledgerOf(tenant)).map(({ kind }) => kind)).toEqual(["config"]);
});
