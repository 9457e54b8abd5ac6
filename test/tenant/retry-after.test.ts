/** How long a blocked step has to wait until it is allowed. */
import { describe, expect, test } from "vitest";
import { configured, DAY_MS, HOUR_MS, MINUTE_MS, refusalOf, START_MS, setNow, useSetClock } from "./tenant.ts";

useSetClock();

const ALICE = { scope: "user", id: "alice" };
const timeOf = (epochMs: number) => new Date(epochMs).toISOString();

describe("retry_after, if limits were set until expires_at,", () => {
  test("is their expires_at if the step is allowed then", async () => {
    const tenant = await configured({ per_user_max_tokens: 1000 });
    await tenant.consume({ user_id: "alice", tokens_in: 500 });
    await tenant.setLimits(ALICE, { max_tokens: 100, expires_at: timeOf(START_MS + HOUR_MS) });
    expect((await tenant.allowsStep({ user_id: "alice" })).retry_after).toBe(3600);
    expect((await refusalOf(tenant.reserve({ user_id: "alice", tokens: 1 }))).code).toBe("limit_reached");
    setNow(START_MS + HOUR_MS);
    expect((await tenant.allowsStep({ user_id: "alice" })).state).toBe("ok");
  });

  test("is null if the limits after that never allow it", async () => {
    const tenant = await configured({ per_user_max_tokens_per_day: 20 });
    await tenant.setLimits(ALICE, { max_tokens_per_day: 50, expires_at: timeOf(START_MS + HOUR_MS) });
    await tenant.consume({ user_id: "alice", tokens_in: 45 });
    expect((await tenant.allowsStep({ user_id: "alice", tokens: 30 })).retry_after).toBeNull();
    expect((await tenant.allowsStep({ user_id: "alice", tokens: 20 })).retry_after).toBe(86_400);
    expect((await tenant.allowsStep({ user_id: "alice", tokens: 5 })).state).not.toBe("blocked");
    expect((await refusalOf(tenant.reserve({ user_id: "alice", tokens: 30 }))).code).toBe("budget_exhausted");
  });

  test("is a window's end if that comes before expires_at", async () => {
    const tenant = await configured({ per_user_max_tokens_per_hour: 100 });
    await tenant.setLimits(ALICE, { max_tokens_per_hour: 50, expires_at: timeOf(START_MS + DAY_MS) });
    await tenant.consume({ user_id: "alice", tokens_in: 60 });
    expect((await tenant.allowsStep({ user_id: "alice" })).retry_after).toBe(3600);
  });

  test("considers each expires_at in turn", async () => {
    const tenant = await configured({ per_user_max_tokens: 1000, per_team_max_tokens: 1000 });
    const step = { user_id: "alice", labels: { team: "red" } };
    await tenant.consume({ ...step, tokens_in: 500 });
    const lower = (key: typeof ALICE, hours: number) =>
      tenant.setLimits(key, { max_tokens: 100, expires_at: timeOf(START_MS + hours * HOUR_MS) });
    await lower(ALICE, 1);
    await lower({ scope: "team", id: "red" }, 3);
    expect((await tenant.allowsStep(step)).retry_after).toBe(3 * 3600);
    await tenant.freeze(ALICE, { until: timeOf(START_MS + 5 * HOUR_MS) });
    expect((await tenant.allowsStep(step)).retry_after).toBe(5 * 3600);
    await tenant.freeze(ALICE);
    expect((await tenant.allowsStep(step)).retry_after).toBeNull();
  });
});

test("a maximum of 0 of a bucket that is only reserved from blocks until the reservation expires", async () => {
  for (const limit of ["per_user_max_tokens", "per_user_max_tokens_per_day"]) {
    const tenant = await configured({ [limit]: 0 });
    await tenant.reserve({ user_id: "alice", ttl_seconds: 60 });
    expect(await refusalOf(tenant.reserve({ user_id: "alice" }))).toMatchObject({
      code: "limit_reached",
      decision: { limit, retry_after: 60 },
    });
    expect((await refusalOf(tenant.reserve({ user_id: "alice", tokens: 1 }))).code).toBe("budget_exhausted");
    setNow(START_MS + MINUTE_MS);
    await tenant.reserve({ user_id: "alice" });
  }
});

test("a rolling window that counts nothing has a resets_at of null", async () => {
  const tenant = await configured({ per_user_max_tokens_per_5h: 10 });
  await tenant.consume({ user_id: "alice", tokens_in: 5 });
  const after = await tenant.adjust(ALICE, { tokens_in: -5, calls: -1, note: "refund" });
  expect(after.limits).toMatchObject([{ used: 0, resets_at: null }]);
});

describe("after the clock stepped back, retry_after is a wait that is long enough", () => {
  test("while a window counts spending of a later minute", async () => {
    const tenant = await configured({ max_tokens_per_minute: 10 });
    await tenant.consume({ tokens_in: 10 });
    setNow(START_MS - MINUTE_MS);
    expect(await tenant.allowsStep()).toMatchObject({ state: "blocked", retry_after: 120 });
    setNow(START_MS);
    expect((await tenant.allowsStep()).state).toBe("blocked");
    setNow(START_MS + MINUTE_MS);
    expect((await tenant.allowsStep()).state).toBe("ok");
  });

  test("while a wall clock starts in the future", async () => {
    const tenant = await configured({ per_user_max_wall_clock: 120, per_user_max_calls_per_1m: 1 });
    await tenant.consume({ user_id: "alice" });
    setNow(START_MS - MINUTE_MS);
    expect(await tenant.allowsStep({ user_id: "alice" })).toMatchObject({
      state: "blocked",
      retry_after: 121,
    });
  });
});
