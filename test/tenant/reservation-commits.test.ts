/** Reservations, and what commits and releases leave pending. */
import { describe, expect, test } from "vitest";
import { configured, refusalOf, reserved, SECOND_MS, START_MS, setNow, useSetClock } from "./tenant.ts";

useSetClock();

describe("a reservation", () => {
  test("counts against each of its limits while it is open, and is not spending", async () => {
    const config = { max_tokens: 100, per_user_max_cost_usd: 2, per_model_max_output_tokens_per_day: 50, max_calls: 3 };
    const tenant = await configured(config);
    const request = { user_id: "alice", model: "m", input_tokens: 20, output_tokens: 30, cost_usd: 0.5, detail: true };
    const { decision, id, ...told } = await tenant.reserve(request);
    expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    const amounts = { tokens: 50, input_tokens: 20, output_tokens: 30, cost_usd: 0.5 };
    expect(told).toEqual({
      state: "held",
      user_id: "alice",
      labels: { model: "m" },
      granted: amounts,
      held: amounts,
      spent: expect.objectContaining({ tokens_total: 0, cost_usd: 0, calls: 0 }),
      on_expiry: "release",
      created_at: "2040-01-01T00:00:00.000Z",
      expires_at: "2040-01-01T00:01:00.000Z",
      settled_at: null,
    });
    const readings = decision.limits?.map(({ name, used, held, remaining }) => [name, used, held, remaining]);
    expect(readings).toEqual([
      ["max_tokens", 0, 50, 50],
      ["max_calls", 0, 1, 2],
      ["per_user_max_cost_usd", 0, 0.5, 1.5],
      ["per_model_max_output_tokens_per_day", 0, 30, 20],
    ]);
    expect(decision.remaining).toEqual({ tokens: 50, calls: 2, cost_usd: 1.5, output_tokens: 20 });
    expect(await tenant.usage()).toMatchObject({
      tokens_total: 0,
      cost_usd: 0,
      calls: 0,
      users: 0,
      held: { ...amounts, reservations: 1 },
    });
    expect(await tenant.usageFor("alice")).toMatchObject({ calls: 0, held: { ...amounts, reservations: 1 } });
    expect((await tenant.usageFor("bob")).held).toMatchObject({ tokens: 0, reservations: 0 });
  });

  test("that does not fit is refused, though something is left, and reserves nothing", async () => {
    const { tenant } = await reserved({ tokens: 60 }, { max_tokens: 100 });
    const refusal = await refusalOf(tenant.reserve({ tokens: 41 }));
    expect(refusal).toMatchObject({ code: "limit_reached", decision: { state: "blocked", limit: "max_tokens" } });
    expect((await tenant.usage()).held.tokens).toBe(60);
    await tenant.reserve({ tokens: 40 });
    expect(await tenant.allowsStep()).toMatchObject({ state: "blocked", remaining: { tokens: 0 } });
  });

  test("under enforcement shadow is granted past the limit, and reports would_block", async () => {
    const config = { max_tokens: 10, enforcement: "shadow" as const };
    const { tenant } = await reserved({ tokens: 60 }, config);
    const { granted, decision } = await tenant.reserve({ tokens: 60 });
    expect(granted.tokens).toBe(60);
    expect(decision).toMatchObject({ state: "warn", would_block: "max_tokens" });
  });
});

describe("a commit", () => {
  test("of less releases the rest", async () => {
    const { tenant, id } = await reserved({ user_id: "alice", tokens: 50, cost_usd: 1 }, { max_tokens: 100 });
    setNow(START_MS + SECOND_MS);
    const committed = await tenant.commit(id, { tokens_in: 10, tokens_out: 20, cost_usd: 0.25 });
    expect(committed).toMatchObject({
      id,
      state: "committed",
      granted: { tokens: 50, cost_usd: 1 },
      held: { tokens: 0, cost_usd: 0 },
      spent: { tokens_in: 10, tokens_out: 20, cost_usd: 0.25, calls: 1 },
      settled_at: "2040-01-01T00:00:01.000Z",
      decision: { state: "ok", remaining: { tokens: 70 } },
    });
    expect(committed).not.toHaveProperty("late");
    expect(await tenant.usageFor("alice")).toMatchObject({
      tokens_in: 10,
      tokens_out: 20,
      cost_usd: 0.25,
      calls: 1,
      held: { tokens: 0, reservations: 0 },
    });
  });

  test("of more is recorded in full, and the decision shows it", async () => {
    const { tenant, id } = await reserved({ tokens: 50 }, { max_tokens: 100 });
    const { spent, decision } = await tenant.commit(id, { tokens_out: 130, detail: true });
    expect(spent.tokens_out).toBe(130);
    expect(decision).toMatchObject({ state: "blocked", limit: "max_tokens", limits: [{ used: 130, held: 0 }] });
  });

  test("without amounts is a call that used nothing", async () => {
    const { tenant, id } = await reserved({ tokens: 50 });
    await tenant.commit(id, {});
    expect(await tenant.usage()).toMatchObject({ tokens_total: 0, calls: 1, held: { reservations: 0 } });
  });

  test("after another is refused with already_settled, and counts nothing", async () => {
    const { tenant, id } = await reserved({ tokens: 50 });
    await tenant.commit(id, { tokens_in: 10 });
    const refusal = await refusalOf(tenant.commit(id, { tokens_in: 10 }));
    expect(refusal).toEqual({ code: "already_settled", detail: `the reservation "${id}" is committed` });
    expect((await refusalOf(tenant.release(id))).code).toBe("already_settled");
    expect((await refusalOf(tenant.extend(id, { ttl_seconds: 60 }))).code).toBe("already_settled");
    expect(await tenant.usage()).toMatchObject({ tokens_in: 10, calls: 1 });
  });

  test("of an unknown id is refused with unknown_reservation", async () => {
    const { tenant } = await reserved({ tokens: 50 });
    const refusal = await refusalOf(tenant.commit("01J00000000000000000000000", { tokens_in: 10 }));
    expect(refusal.code).toBe("unknown_reservation");
    expect(await tenant.usage()).toMatchObject({ calls: 0, held: { tokens: 50 } });
  });

  test("is priced by the reservation's model, or by its own if the reservation has none", async () => {
    const prices = { m: { input_usd: 1000, output_usd: 2000 }, n: { input_usd: 3000, output_usd: 4000 } };
    const { tenant, id } = await reserved({ model: "m", input_tokens: 100, output_tokens: 50 }, { prices });
    expect((await tenant.reservation(id)).granted.cost_usd).toBe(0.2);
    await tenant.commit(id, { tokens_in: 10, tokens_out: 5 });
    expect((await tenant.usage()).cost_usd).toBe(0.02);
    const other = await tenant.reserve({ tokens: 1 });
    await tenant.commit(other.id, { tokens_in: 10, model: "n" });
    expect((await tenant.usage()).cost_usd).toBe(0.05);
    const unknown = await tenant.reserve({ cost_usd: 1 });
    const committed = await tenant.commit(unknown.id, { tokens_in: 1, model: "no-such-model" });
    expect(committed).toMatchObject({ state: "committed", unpriced: true });
    expect(await tenant.usage()).toMatchObject({ cost_usd: 0.05, calls: 3, unpriced_calls: 1, unpriced_tokens: 1 });
  });

  test("counts in the window of the commit", async () => {
    const { tenant, id } = await reserved({ tokens: 50, ttl_seconds: 86_400 }, { max_tokens_per_day: 100 });
    setNow(START_MS + 86_399_999);
    expect((await tenant.usage()).limits).toMatchObject([{ used: 0, held: 50 }]);
    await tenant.commit(id, { tokens_in: 30, final: false });
    expect((await tenant.usage()).limits).toMatchObject([{ used: 30, held: 20 }]);
    setNow(START_MS + 86_400_000 - 1);
    await tenant.extend(id, { ttl_seconds: 60 });
    setNow(START_MS + 86_400_000);
    expect((await tenant.usage()).limits).toMatchObject([{ used: 0, held: 20 }]);
    await tenant.commit(id, { tokens_in: 7 });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 37, calls: 1, limits: [{ used: 7, held: 0 }] });
  });
});

describe("a commit with final false", () => {
  test("is recorded, leaves the rest pending, and counts as one call however many there are", async () => {
    const { tenant, id } = await reserved({ user_id: "alice", tokens: 100, cost_usd: 1 }, { max_calls: 1 });
    const first = await tenant.commit(id, { tokens_out: 30, cost_usd: 0.25, final: false });
    expect(first).toMatchObject({
      state: "held",
      granted: { tokens: 100, cost_usd: 1 },
      held: { tokens: 70, cost_usd: 0.75 },
      spent: { tokens_out: 30, cost_usd: 0.25, calls: 1 },
      settled_at: null,
    });
    expect(await tenant.usage()).toMatchObject({ calls: 1, held: { tokens: 70, reservations: 1 } });
    await tenant.commit(id, { tokens_out: 50, final: false });
    const last = await tenant.commit(id, { tokens_out: 5 });
    expect(last).toMatchObject({ state: "committed", held: { tokens: 0 }, spent: { tokens_out: 85, calls: 1 } });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_out: 85, cost_usd: 0.25, calls: 1 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("of more than is pending leaves nothing pending, and the next one is recorded too", async () => {
    const { tenant, id } = await reserved({ tokens: 10 }, { max_tokens: 100 });
    expect((await tenant.commit(id, { tokens_in: 25, final: false })).held.tokens).toBe(0);
    await tenant.commit(id, { tokens_in: 5, final: false });
    expect(await tenant.usage()).toMatchObject({
      tokens_in: 30,
      calls: 1,
      held: { tokens: 0, reservations: 1 },
    });
    await tenant.release(id);
    expect(await tenant.usage()).toMatchObject({ tokens_in: 30, calls: 1, held: { reservations: 0 } });
  });

  test("of more input than was estimated never lets used plus pending exceed the grant", async () => {
    const { tenant, id } = await reserved(
      { input_tokens: 50, output_tokens: 50, on_expiry: "charge" },
      { max_tokens: 100 },
    );
    await tenant.commit(id, { tokens_in: 80, final: false });
    expect(await tenant.usage()).toMatchObject({ tokens_total: 80, held: { tokens: 20, output_tokens: 20 } });
    setNow(START_MS + 60 * SECOND_MS);
    expect(await tenant.usage()).toMatchObject({ tokens_in: 80, tokens_out: 20, calls: 1 });
  });
});

describe("a release", () => {
  test("leaves nothing pending, and a second one changes nothing", async () => {
    const { tenant, id } = await reserved({ tokens: 50 }, { max_tokens: 50 });
    expect((await tenant.allowsStep()).state).toBe("blocked");
    setNow(START_MS + SECOND_MS);
    const released = await tenant.release(id);
    expect(released).toMatchObject({ state: "released", held: { tokens: 0 }, settled_at: "2040-01-01T00:00:01.000Z" });
    setNow(START_MS + 2 * SECOND_MS);
    expect(await tenant.release(id)).toEqual(released);
    expect((await tenant.allowsStep()).state).toBe("ok");
    expect(await tenant.usage()).toMatchObject({ calls: 0, held: { reservations: 0 } });
  });

  test("before a commit makes the commit late, and it is recorded", async () => {
    const { tenant, id } = await reserved({ user_id: "alice", tokens: 50 });
    await tenant.release(id);
    expect(await tenant.commit(id, { tokens_in: 12 })).toMatchObject({
      state: "committed",
      late: true,
      spent: { tokens_in: 12, calls: 1 },
    });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 12, calls: 1 });
    expect((await refusalOf(tenant.commit(id, { tokens_in: 12 }))).code).toBe("already_settled");
  });
});
