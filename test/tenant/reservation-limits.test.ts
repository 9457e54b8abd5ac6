/** How many reservations can be open, and how much each gets. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  configured,
  DAY_MS,
  HOUR_MS,
  ledgerOf,
  MINUTE_MS,
  refusalOf,
  SECOND_MS,
  START_MS,
  setNow,
  useSetClock,
} from "./tenant.ts";

useSetClock();

describe("the number of open reservations", () => {
  test("is limited by max_concurrent_calls for the tenant", async () => {
    const tenant = await configured({ max_concurrent_calls: 2 });
    const first = await tenant.reserve({ user_id: "alice", ttl_seconds: 30 });
    expect((await tenant.reserve({ user_id: "bob", detail: true })).decision).toMatchObject({
      state: "blocked",
      limit: "max_concurrent_calls",
      remaining: { concurrent_calls: 0 },
      retry_after: 30,
      limits: [{ name: "max_concurrent_calls", max: 2, used: 0, held: 2, resets_at: null }],
    });
    expect(await refusalOf(tenant.reserve({ user_id: "carol" }))).toMatchObject({
      code: "limit_reached",
      decision: { limit: "max_concurrent_calls", retry_after: 30 },
    });
    await tenant.commit(first.id, {});
    await tenant.reserve({ user_id: "carol" });
    expect((await refusalOf(tenant.reserve({ user_id: "alice" }))).decision?.retry_after).toBe(60);
  });

  test("is limited for each user, and for each label's value", async () => {
    const tenant = await configured({ per_user_max_concurrent_calls: 1, per_model_max_concurrent_calls: 2 });
    await tenant.reserve({ user_id: "alice", model: "m" });
    expect((await refusalOf(tenant.reserve({ user_id: "alice" }))).decision?.limit).toBe(
      "per_user_max_concurrent_calls",
    );
    await tenant.reserve({ user_id: "bob", model: "m" });
    expect((await refusalOf(tenant.reserve({ user_id: null, model: "m" }))).decision?.limit).toBe(
      "per_model_max_concurrent_calls",
    );
    await tenant.reserve({ user_id: null, model: "n" });
    expect((await refusalOf(tenant.reserve({}))).decision?.limit).toBe("per_user_max_concurrent_calls");
    await evictDurableObject(tenant.object);
    expect((await tenant.usageOf({ scope: "model", id: "m" })).held.reservations).toBe(2);
    expect((await refusalOf(tenant.reserve({ user_id: "carol", model: "m" }))).decision?.limit).toBe(
      "per_model_max_concurrent_calls",
    );
    setNow(START_MS + MINUTE_MS);
    await tenant.reserve({ user_id: "alice", model: "m" });
  });

  test("can be limited to 0, with budget_exhausted and no retry_after", async () => {
    const tenant = await configured({ max_concurrent_calls: 0 });
    expect(await refusalOf(tenant.reserve({}))).toMatchObject({
      code: "budget_exhausted",
      decision: { retry_after: null },
    });
  });

  test("does not count a call that is consumed without one", async () => {
    const tenant = await configured({ max_concurrent_calls: 1 });
    await tenant.consume({});
    await tenant.reserve({});
    expect((await tenant.consume({})).state).toBe("blocked");
    expect(await tenant.usage()).toMatchObject({ calls: 2, held: { reservations: 1 } });
  });
});

describe("if less is left than requested, if_short cap reserves what is left", () => {
  test("of each metric, under every limit, the input's tokens before the output's", async () => {
    const tenant = await configured({
      max_tokens: 100,
      max_cost_usd: 2,
      per_user_max_tokens_per_day: 80,
      max_output_tokens: 45,
    });
    await tenant.consume({ user_id: "alice", tokens_in: 10, cost_usd: 0.75 });
    const request = { user_id: "alice", input_tokens: 30, output_tokens: 60, cost_usd: 1.5, if_short: "cap" as const };
    const { granted, decision } = await tenant.reserve(request);
    expect(granted).toEqual({ tokens: 70, input_tokens: 30, output_tokens: 40, cost_usd: 1.25 });
    expect(decision).toMatchObject({ state: "blocked", limit: "max_cost_usd", remaining: { tokens: 0, cost_usd: 0 } });
  });

  test("of output tokens if only those are short", async () => {
    const tenant = await configured({ max_output_tokens_per_hour: 25 });
    const request = { input_tokens: 30, output_tokens: 60, if_short: "cap" as const };
    expect((await tenant.reserve(request)).granted).toMatchObject({ tokens: 55, output_tokens: 25 });
    const either = await configured({ max_output_tokens_per_hour: 25 });
    // Tokens of neither kind are not known to be output.
    const unknown = { tokens: 100, output_tokens: 60, if_short: "cap" as const };
    expect((await either.reserve(unknown)).granted).toMatchObject({ tokens: 65, output_tokens: 25 });
  });

  test("and all that was requested if that is left", async () => {
    const tenant = await configured({ max_tokens: 100 });
    expect((await tenant.reserve({ tokens: 100, if_short: "cap" })).granted.tokens).toBe(100);
  });

  test("and is refused if nothing is left of an amount, or of calls", async () => {
    const tenant = await configured({ max_tokens: 100, max_cost_usd: 1, max_calls: 2 });
    await tenant.consume({ cost_usd: 1 });
    const cap = { if_short: "cap" as const };
    expect((await refusalOf(tenant.reserve({ tokens: 10, cost_usd: 0.1, ...cap }))).decision?.limit).toBe(
      "max_cost_usd",
    );
    await tenant.configure({ max_tokens: 100, max_calls: 2 });
    expect((await refusalOf(tenant.reserve({ input_tokens: 100, output_tokens: 1, ...cap }))).decision?.limit).toBe(
      "max_tokens",
    );
    await tenant.reserve({ tokens: 101, ...cap });
    expect((await refusalOf(tenant.reserve({ ...cap }))).decision?.limit).toBe("max_tokens");
    await tenant.configure({ max_calls: 2 });
    expect((await refusalOf(tenant.reserve({ tokens: 1, ...cap }))).decision?.limit).toBe("max_calls");
  });

  test("and no limit in shadow_limits makes it less", async () => {
    const tenant = await configured({ max_tokens: 50, max_input_tokens: 10, shadow_limits: ["max_input_tokens"] });
    const { granted, decision } = await tenant.reserve({ input_tokens: 60, if_short: "cap" });
    expect(granted).toMatchObject({ tokens: 50, input_tokens: 50 });
    expect(decision.would_block).toBe("max_input_tokens");
  });
});

describe("a bucket with an open reservation", () => {
  test("is not idle, and is touched by the commit", async () => {
    const tenant = await configured({ user_idle_ttl_seconds: 60 });
    await tenant.consume({ user_id: "alice", tokens_in: 5 });
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 7, ttl_seconds: 86_400 });
    setNow(START_MS + HOUR_MS);
    await tenant.consume({ user_id: "bob" });
    setNow(START_MS + 2 * HOUR_MS);
    await tenant.commit(id, { tokens_in: 7 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 12, calls: 2 });
    setNow(START_MS + 2 * HOUR_MS + MINUTE_MS);
    expect((await tenant.usageFor("alice")).calls).toBe(0);
    expect(await ledgerOf(tenant, { kind: "eviction" })).toMatchObject([
      { bucket: { id: "bob" } },
      { bucket: { id: "alice" }, tokens_in: -12, calls: -2 },
    ]);
  });

  test("is not idle until the reservation expires, and is touched by its charge", async () => {
    const tenant = await configured({ user_idle_ttl_seconds: 60 });
    for (const [user_id, on_expiry] of [
      ["alice", "charge"],
      ["bob", "release"],
    ] as const) {
      await tenant.consume({ user_id, tokens_in: 5 });
      await tenant.reserve({ user_id, tokens: 7, ttl_seconds: 3600, on_expiry });
    }
    setNow(START_MS + HOUR_MS);
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 5, tokens_out: 7, calls: 2 });
    expect((await tenant.usageFor("bob")).calls).toBe(0);
  });

  test("is evicted at max_users all the same, and its pending amounts still count", async () => {
    const tenant = await configured({ max_users: 1 });
    await tenant.consume({ user_id: "alice", tokens_in: 2 });
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 7 });
    await tenant.consume({ user_id: "bob" });
    expect(await tenant.usageFor("alice")).toMatchObject({ calls: 0, held: { tokens: 7 } });
    await tenant.commit(id, { tokens_in: 3 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 3, calls: 1, held: { tokens: 0 } });
  });
});

test("a tenant has up to 20,000 reservations open", { timeout: 60_000 }, async () => {
  const tenant = await configured({});
  const reserve = { op: "reserve", tokens: 1, ttl_seconds: 86_400 };
  for (let i = 0; i < 20; i += 1) {
    const answers = await tenant.batch(Array.from({ length: 1000 }, () => reserve));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1000);
  }
  expect(await refusalOf(tenant.reserve({ tokens: 1 }))).toEqual({
    code: "too_many_reservations",
    detail: "a tenant can have up to 20000 open reservations",
  });
  expect(await ledgerOf(tenant, { kind: "refusal" })).toMatchObject([{ reason: "too_many_reservations" }]);
  await evictDurableObject(tenant.object);
  expect((await tenant.usage()).held).toMatchObject({ tokens: 20_000, reservations: 20_000 });
  expect((await refusalOf(tenant.reserve({ tokens: 1 }))).code).toBe("too_many_reservations");
  const [first] = (await tenant.reservations({ after: "", limit: 1 })).items;
  await tenant.release(first?.id ?? "");
  await tenant.reserve({ tokens: 1, ttl_seconds: 86_400 });
  setNow(START_MS + DAY_MS + SECOND_MS);
  expect((await tenant.usage()).held.reservations).toBe(0);
  await tenant.reserve({ tokens: 1 });
});
