/** Own limits, freezes, adjustments, resets and limits in shadow. */
import { describe, expect, test } from "vitest";
import { Tenant, useSetClock } from "./clock.ts";

useSetClock();
const NOW = "2026-01-01T00:00:00Z";
const LATER = "2026-01-01T02:00:00Z";

describe("a bucket's own limits", () => {
  test("override the general limit, and null lifts it", async () => {
    const calls = new Tenant().at(NOW);
    await calls.put("/config", { per_user_max_tokens: 100 });
    for (const user_id of ["alice", "bob", "carol"]) await calls.post("/consume", { user_id, tokens_in: 100 });
    await calls.put("/users/alice/limits", { max_tokens: 200 });
    await calls.put("/users/bob/limits", { max_tokens: null });
    expect(await calls.allows({ user_id: "alice" })).toEqual(["ok", null]);
    expect(await calls.allows({ user_id: "bob" })).toEqual(["ok", null]);
    expect(await calls.allows({ user_id: "carol" })).toEqual(["blocked", "per_user_max_tokens"]);
    await calls.post("/consume", { user_id: "alice", tokens_in: 100 });
    expect(await calls.allows({ user_id: "alice" })).toEqual(["blocked", "per_user_max_tokens"]);
    await calls.delete("/users/bob/limits");
    expect(await calls.allows({ user_id: "bob" })).toEqual(["blocked", "per_user_max_tokens"]);
  });

  test("expire at expires_at, and those without one apply again", async () => {
    const tenant = new Tenant();
    await tenant.at(NOW).put("/config", { per_user_max_calls_per_day: 1 });
    await tenant.at(NOW).put("/users/alice/limits", { max_calls_per_day: 2 });
    const raise = { max_calls_per_day: 5, expires_at: LATER };
    expect((await tenant.at(NOW).put("/users/alice/limits", raise)).body).toMatchObject({
      override: { max_calls_per_day: 2 },
      raise: { max_calls_per_day: 5, expires_at: "2026-01-01T02:00:00.000Z" },
      limits: [{ name: "per_user_max_calls_per_day", max: 5 }],
    });
    for (let i = 0; i < 3; i += 1) await tenant.at(NOW).post("/consume", { user_id: "alice" });
    expect((await tenant.at("2026-01-01T01:59:59.999Z").allows({ user_id: "alice" }))[0]).toBe("ok");
    expect((await tenant.at(LATER).allows({ user_id: "alice" }))[0]).toBe("blocked");
    expect((await tenant.at(LATER).get("/users/alice/usage")).body).toMatchObject({
      override: { max_calls_per_day: 2 },
      raise: null,
    });
  });

  test("that lift a limit until expires_at let its window count, so that it applies in full after that", async () => {
    const tenant = new Tenant();
    await tenant.at(NOW).put("/config", { per_user_max_calls_per_day: 2 });
    const lift = { max_calls_per_day: null, expires_at: LATER };
    await tenant.at(NOW).post("/consume", { user_id: "alice" });
    await tenant.at(NOW).put("/users/alice/limits", lift);
    await tenant.at(NOW).post("/consume", { user_id: "alice" });
    expect(await tenant.at("2026-01-01T01:59:59.999Z").allows({ user_id: "alice" })).toEqual(["ok", null]);
    expect((await tenant.at(LATER).post("/allows-step", { user_id: "alice", detail: true })).body).toMatchObject({
      state: "blocked",
      limits: [{ name: "per_user_max_calls_per_day", used: 2 }],
    });
  });

  test("need no general limit, for a user, a model, the anonymous user or the tenant", async () => {
    const calls = new Tenant().at(NOW);
    await calls.put("/buckets/model/gpt-5/limits", { max_calls_per_hour: 1 });
    await calls.put("/anonymous/limits", { max_tokens: 10 });
    await calls.put("/tenant/limits", { max_calls: 4 });
    await calls.post("/consume", { user_id: "alice", labels: { model: "gpt-5" } });
    expect(await calls.allows({ labels: { model: "gpt-5" } })).toEqual(["blocked", "per_model_max_calls_per_hour"]);
    expect(await calls.allows({ labels: { model: "other" } })).toEqual(["ok", null]);
    await calls.post("/consume", { tokens_in: 10 });
    expect(await calls.allows()).toEqual(["blocked", "per_user_max_tokens"]);
    await calls.post("/consume", { user_id: "bob" });
    expect((await calls.post("/consume", { user_id: "bob" })).body.limit).toBe("max_calls");
  });

  test("keep a bucket from being evicted at max_users", async () => {
    const calls = new Tenant().at(NOW);
    await calls.put("/config", { max_users: 1 });
    await calls.put("/users/alice/limits", { max_calls: 1 });
    for (const user_id of ["alice", "bob", "carol"]) await calls.post("/consume", { user_id });
    expect(await calls.allows({ user_id: "alice" })).toEqual(["blocked", "per_user_max_calls"]);
    expect((await calls.get("/users/bob/usage")).body.calls).toBe(0);
  });
});

describe("a freeze", () => {
  test("blocks a user, or everyone, until it is lifted", async () => {
    const calls = new Tenant().at(NOW);
    expect((await calls.post("/users/mallory/freeze", { note: "leaked key" })).body.frozen).toEqual({ until: null });
    expect((await calls.post("/allows-step", { user_id: "mallory" })).body).toMatchObject({
      state: "blocked",
      reason: "frozen",
      limit: null,
      retry_after: null,
    });
    expect((await calls.allows({ user_id: "alice" }))[0]).toBe("ok");
    await calls.post("/users/mallory/unfreeze");
    expect((await calls.allows({ user_id: "mallory" }))[0]).toBe("ok");
    await calls.post("/tenant/freeze");
    expect((await calls.allows({ user_id: "alice" }))[0]).toBe("blocked");
    expect((await calls.post("/consume", { user_id: "alice", tokens_in: 1 })).status).toBe(200);
  });

  test("ends at until, which retry_after reports, also if everything else is in shadow", async () => {
    const tenant = new Tenant();
    await tenant.at(NOW).put("/config", { max_calls: 0, enforcement: "shadow" });
    await tenant.at(NOW).post("/tenant/freeze", { until: LATER });
    expect((await tenant.at(NOW).post("/allows-step", {})).body).toMatchObject({ reason: "frozen", retry_after: 7200 });
    expect((await tenant.at(LATER).allows())[0]).toBe("ok");
    expect((await tenant.at(LATER).get("/tenant/usage")).body.frozen).toBeNull();
  });
});

describe("an adjustment", () => {
  test("credits or debits one bucket and its windows, with its note in the ledger", async () => {
    const calls = new Tenant().at(NOW);
    await calls.put("/config", { per_user_max_tokens_per_day: 100 });
    await calls.post("/consume", { user_id: "alice", tokens_in: 100, cost_usd: 1 });
    const { body } = await calls.post("/users/alice/adjust", { tokens_in: -40, cost_usd: -0.25, note: "retried" });
    expect(body).toMatchObject({ tokens_in: 60, cost_usd: 0.75, calls: 1, limits: [{ used: 60 }] });
    await calls.post("/users/alice/adjust", { tokens_out: 50, note: "missed" });
    expect(await calls.allows({ user_id: "alice" })).toEqual(["blocked", "per_user_max_tokens_per_day"]);
    expect((await calls.get("/tenant/usage")).body).toMatchObject({ tokens_in: 100, cost_usd: 1 });
    const entries = (await calls.get("/ledger")).body.items.filter(
      ({ kind }: { kind: string }) => kind === "adjustment",
    );
    expect(entries).toMatchObject([
      { bucket: { scope: "user", id: "alice" }, tokens_in: -40, cost_usd: -0.25, note: "retried" },
      { tokens_out: 50, note: "missed" },
    ]);
  });

  test("of yesterday's spending leaves today's window at zero, not below", async () => {
    const tenant = new Tenant();
    await tenant.at("2025-12-31T12:00:00Z").put("/config", { max_tokens_per_day: 100, max_tokens_per_5h: 100 });
    await tenant.at("2025-12-31T12:00:00Z").post("/consume", { tokens_in: 90 });
    await tenant.at(NOW).post("/consume", { tokens_in: 10 });
    await tenant.at(NOW).post("/tenant/adjust", { tokens_in: -60, note: "a bug of ours" });
    expect((await tenant.at(NOW).get("/tenant/usage")).body).toMatchObject({
      tokens_in: 40,
      limits: [{ used: 0 }, { used: 0 }],
    });
  });

  test("of more than was counted is refused", async () => {
    const calls = new Tenant().at(NOW);
    await calls.post("/consume", { tokens_in: 5 });
    expect(await calls.post("/tenant/adjust", { tokens_in: -6, note: "x" })).toMatchObject({
      status: 422,
      body: { code: "sum_out_of_range" },
    });
    expect((await calls.get("/tenant/usage")).body.tokens_in).toBe(5);
  });
});

test("a reset sets totals, windows and the wall clock to zero, and the ledger keeps what they were", async () => {
  const tenant = new Tenant();
  await tenant.at(NOW).put("/config", { per_user_max_calls_per_day: 1, per_user_max_wall_clock: 60 });
  await tenant.at(NOW).post("/consume", { user_id: "alice", tokens_in: 7 });
  expect((await tenant.at(LATER).allows({ user_id: "alice" }))[0]).toBe("blocked");
  await tenant.at(LATER).post("/users/alice/reset", { note: "new contract" });
  expect(await tenant.at(LATER).allows({ user_id: "alice" })).toEqual(["ok", null]);
  expect((await tenant.at(LATER).get("/users/alice/usage")).body).toMatchObject({ tokens_in: 0, wall_clock: 0 });
  expect((await tenant.at(LATER).get("/ledger?after=2")).body.items).toMatchObject([
    { kind: "reset", note: "new contract", tokens_in: -7, calls: -1 },
  ]);
});

describe("a limit in shadow", () => {
  test("never blocks, and reports would_block", async () => {
    const calls = new Tenant().at(NOW);
    await calls.put("/config", { max_calls: 1, max_tokens: 100, shadow_limits: ["max_calls"] });
    await calls.post("/consume", { tokens_in: 10 });
    expect((await calls.post("/consume", { tokens_in: 10, detail: true })).body).toMatchObject({
      state: "warn",
      reason: "calls at 200%",
      would_block: "max_calls",
      remaining: { tokens: 80 },
      limits: [{ name: "max_tokens" }, { name: "max_calls", shadow: true, remaining: 0 }],
    });
    await calls.post("/consume", { tokens_in: 80 });
    expect((await calls.post("/allows-step", {})).body).toMatchObject({ state: "blocked", limit: "max_tokens" });
  });

  test("is every limit if enforcement is shadow", async () => {
    const calls = new Tenant().at(NOW);
    await calls.put("/config", { per_user_max_calls: 1, max_tokens: 0, enforcement: "shadow" });
    const { body } = await calls.post("/consume", { user_id: "alice" });
    expect(body).toMatchObject({ state: "warn", would_block: "max_tokens", remaining: {} });
  });
});
