/** Extensions of a reservation's amount and time. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { ledgerOf, MINUTE_MS, refusalOf, reserved, ring, SECOND_MS, START_MS, setNow, useSetClock } from "./tenant.ts";

useSetClock();

describe("an extension", () => {
  test("of the amount adds to what is pending if it fits, as the same call", async () => {
    const config = { max_tokens: 100, max_calls: 5 };
    const { tenant, id } = await reserved(
      { user_id: "alice", input_tokens: 10, output_tokens: 20, cost_usd: 1 },
      config,
    );
    const extended = await tenant.extend(id, { output_tokens: 30, cost_usd: 0.5 });
    const amounts = { tokens: 60, input_tokens: 10, output_tokens: 50, cost_usd: 1.5 };
    expect(extended).toMatchObject({ state: "held", granted: amounts, held: amounts });
    expect(extended.decision.remaining).toEqual({ tokens: 40, calls: 4 });
    expect((await tenant.usageFor("alice")).held).toEqual({ ...amounts, reservations: 1 });
    const refusal = await refusalOf(tenant.extend(id, { tokens: 41 }));
    expect(refusal).toMatchObject({ code: "limit_reached", decision: { limit: "max_tokens", retry_after: 60 } });
    expect((await tenant.reservation(id)).held.tokens).toBe(60);
    expect((await tenant.extend(id, { tokens: 41, if_short: "cap" })).held.tokens).toBe(100);
    expect((await refusalOf(tenant.extend(id, { tokens: 1, if_short: "cap" }))).code).toBe("limit_reached");
    await tenant.commit(id, { tokens_in: 100 });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 100, calls: 1, held: { tokens: 0 } });
  });

  test("of the amount after a commit with final false adds to what is left", async () => {
    const { tenant, id } = await reserved({ tokens: 50 });
    await tenant.commit(id, { tokens_in: 40, final: false });
    expect(await tenant.extend(id, { tokens: 25 })).toMatchObject({
      granted: { tokens: 75 },
      held: { tokens: 35 },
      spent: { tokens_in: 40 },
    });
  });

  test.each([
    ["max_concurrent_calls", { max_concurrent_calls: 1 }],
    ["max_calls", { max_calls: 1 }],
    ["per_user_max_calls_per_day", { per_user_max_calls_per_day: 1 }],
  ])("is the same call, so that %s does not refuse it because of its own reservation", async (_, config) => {
    const { tenant, id } = await reserved({ user_id: "alice", tokens: 10 }, config);
    expect((await tenant.allowsStep({ user_id: "alice" })).state).toBe("blocked");
    expect((await tenant.extend(id, { tokens: 5 })).held.tokens).toBe(15);
    expect((await refusalOf(tenant.reserve({ user_id: "alice", tokens: 5 }))).code).toBe("limit_reached");
  });

  test("of the cost is granted though all tokens are reserved", async () => {
    const { tenant, id } = await reserved({ tokens: 100, cost_usd: 1 }, { max_tokens: 100, max_cost_usd: 2 });
    expect((await tenant.extend(id, { cost_usd: 1 })).held).toMatchObject({ tokens: 100, cost_usd: 2 });
    expect((await refusalOf(tenant.extend(id, { cost_usd: 0.01 }))).decision?.limit).toBe("max_cost_usd");
  });

  test("of the amount is refused once a limit is exceeded, max_wall_clock has passed, or the bucket is frozen", async () => {
    const { tenant, id } = await reserved({ tokens: 10 }, { max_cost_usd: 1, max_wall_clock: 30 });
    await tenant.consume({ cost_usd: 1.5 });
    expect((await refusalOf(tenant.extend(id, { tokens: 1 }))).decision?.limit).toBe("max_cost_usd");
    await tenant.adjust({ scope: "tenant", id: null }, { cost_usd: -0.5, note: "one too many" });
    await tenant.extend(id, { tokens: 1 });
    await tenant.freeze({ scope: "tenant", id: null });
    expect((await refusalOf(tenant.extend(id, { tokens: 1 }))).decision?.reason).toBe("frozen");
    await tenant.unfreeze({ scope: "tenant", id: null });
    setNow(START_MS + 30 * SECOND_MS);
    expect((await refusalOf(tenant.extend(id, { tokens: 1 }))).decision?.limit).toBe("max_wall_clock");
    expect((await tenant.reservation(id)).held.tokens).toBe(11);
  });

  test("of ttl_seconds counts from now, later or sooner, and needs nothing to be left", async () => {
    const { tenant, id } = await reserved({ tokens: 50 }, { max_tokens: 50 });
    setNow(START_MS + 30 * SECOND_MS);
    const extended = await tenant.extend(id, { ttl_seconds: 60 });
    expect(extended.expires_at).toBe("2040-01-01T00:01:30.000Z");
    expect(extended.decision.state).toBe("blocked");
    await evictDurableObject(tenant.object);
    setNow(START_MS + 90 * SECOND_MS - 1);
    expect((await tenant.reservation(id)).state).toBe("held");
    expect((await tenant.extend(id, { ttl_seconds: 2 })).expires_at).toBe("2040-01-01T00:01:31.999Z");
    expect(await ring(tenant, START_MS + 91_999)).toBe(true);
    expect((await ledgerOf(tenant)).map(({ kind }) => kind)).toEqual([
      "config",
      "hold",
      "extension",
      "extension",
      "expiry",
    ]);
  });

  test("can change on_expiry", async () => {
    const { tenant, id } = await reserved({ tokens: 50 });
    expect((await tenant.extend(id, { on_expiry: "charge" })).on_expiry).toBe("charge");
    const other = await tenant.reserve({ tokens: 7, on_expiry: "charge" });
    await tenant.extend(other.id, { on_expiry: "release" });
    setNow(START_MS + MINUTE_MS);
    expect(await tenant.usage()).toMatchObject({ tokens_out: 50, calls: 1 });
  });

  test("of an expired or released reservation is refused with already_settled", async () => {
    const { tenant, id } = await reserved({ tokens: 50 });
    const released = await tenant.reserve({});
    await tenant.release(released.id);
    setNow(START_MS + MINUTE_MS);
    for (const [each, state] of [
      [id, "expired"],
      [released.id, "released"],
    ] as const) {
      expect(await refusalOf(tenant.extend(each, { ttl_seconds: 60 }))).toEqual({
        code: "already_settled",
        detail: `the reservation "${each}" is ${state}`,
      });
    }
    expect((await refusalOf(tenant.extend("nope", {}))).code).toBe("unknown_reservation");
  });

  test("is priced by the reservation's model", async () => {
    const prices = { m: { input_usd: 1000, output_usd: 2000 } };
    const { tenant, id } = await reserved({ model: "m", input_tokens: 100 }, { prices });
    expect((await tenant.extend(id, { output_tokens: 100 })).held.cost_usd).toBe(0.3);
  });
});
