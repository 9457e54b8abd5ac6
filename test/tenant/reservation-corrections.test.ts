/** Which totals and windows the correction of a charge changes. */
import { describe, expect, test } from "vitest";
import { configured, DAY_MS, HOUR_MS, MINUTE_MS, ring, START_MS, setNow, useSetClock } from "./tenant.ts";

useSetClock();

describe("the correction of a charge", () => {
  test("changes no bucket that was reset since", async () => {
    const tenant = await configured();
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 60, on_expiry: "charge" });
    await ring(tenant, START_MS + MINUTE_MS);
    setNow(START_MS + HOUR_MS);
    await tenant.reset({ scope: "user", id: "alice" });
    await tenant.commit(id, { tokens_in: 50 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 50, tokens_out: 0, calls: 1 });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 50, tokens_out: 0, calls: 1 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("changes no bucket that was reset by the call that recorded the expiry", async () => {
    const tenant = await configured();
    await tenant.consume({ user_id: "alice", tokens_in: 5 });
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 60, on_expiry: "charge" });
    setNow(START_MS + MINUTE_MS);
    await tenant.reset({ scope: "user", id: "alice" });
    await tenant.commit(id, { tokens_in: 50 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 50, tokens_out: 0, calls: 1 });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 55, tokens_out: 0, calls: 2 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("changes no bucket that was evicted since and created again", async () => {
    const tenant = await configured({ max_users: 1 });
    const { id } = await tenant.reserve({ user_id: "alice", tokens: 60, on_expiry: "charge" });
    await ring(tenant, START_MS + MINUTE_MS);
    await tenant.consume({ user_id: "bob", tokens_in: 1 });
    await tenant.consume({ user_id: "alice", tokens_in: 2 });
    await tenant.commit(id, { tokens_in: 50 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 52, tokens_out: 0, calls: 2 });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 53, tokens_out: 0, calls: 3 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("changes no bucket that was evicted since and created again by another reservation's charge", async () => {
    const tenant = await configured({ max_users: 1 });
    const request = { user_id: "alice", on_expiry: "charge" } as const;
    const { id } = await tenant.reserve({ ...request, tokens: 60 });
    await tenant.reserve({ ...request, tokens: 7, ttl_seconds: 120 });
    await ring(tenant, START_MS + MINUTE_MS);
    await tenant.consume({ user_id: "bob" });
    await ring(tenant, START_MS + 2 * MINUTE_MS);
    await tenant.commit(id, { tokens_out: 50 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_out: 57, calls: 2 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("changes no bucket that the charge was not counted in", async () => {
    const tenant = await configured({ per_team_max_tokens: 1000 });
    const labels = { team: "red" };
    const team = { scope: "team", id: "red" };
    await tenant.consume({ labels, tokens_out: 100 });
    const { id } = await tenant.reserve({ labels, tokens: 60, on_expiry: "charge" });
    await tenant.configure({});
    await ring(tenant, START_MS + MINUTE_MS);
    await tenant.configure({ per_team_max_tokens: 1000 });
    expect((await tenant.usageOf(team)).tokens_out).toBe(100);
    await tenant.commit(id, { tokens_out: 10 });
    expect(await tenant.usageOf(team)).toMatchObject({ tokens_out: 110, calls: 2 });
    expect(await tenant.usage()).toMatchObject({ tokens_out: 110, calls: 2 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("subtracts nothing from a day that did not count the charge", async () => {
    const tenant = await configured({ max_tokens_per_day: 100 });
    const { id } = await tenant.reserve({ tokens: 60, on_expiry: "charge" });
    await ring(tenant, START_MS + MINUTE_MS);
    setNow(START_MS + DAY_MS);
    await tenant.consume({ tokens_out: 30 });
    const late = await tenant.commit(id, { tokens_out: 40, detail: true });
    expect(late.decision.limits).toMatchObject([{ used: 30 }]);
    expect(await tenant.usage()).toMatchObject({ tokens_out: 70, calls: 2 });
  });

  test("subtracts from the slot of a rolling window that counted the charge, and from no other", async () => {
    const tenant = await configured({ max_tokens_per_1h: 1000 });
    const { id } = await tenant.reserve({ tokens: 60, on_expiry: "charge" });
    await ring(tenant, START_MS + MINUTE_MS);
    setNow(START_MS + 30 * MINUTE_MS);
    await tenant.consume({ tokens_out: 30 });
    await tenant.commit(id, { tokens_out: 40 });
    const used = async () => (await tenant.usage()).limits[0]?.used;
    expect(await used()).toBe(70);
    // A slot is a minute wide, and leaves when all of it has left.
    setNow(START_MS + HOUR_MS + 2 * MINUTE_MS - 1);
    expect(await used()).toBe(70);
    setNow(START_MS + HOUR_MS + 2 * MINUTE_MS);
    expect(await used()).toBe(30);
  });

  test("that adds to the total counts now", async () => {
    const tenant = await configured({ max_tokens_per_day: 100 });
    const { id } = await tenant.reserve({ tokens: 60, on_expiry: "charge" });
    await ring(tenant, START_MS + MINUTE_MS);
    setNow(START_MS + DAY_MS);
    expect((await tenant.commit(id, { tokens_out: 75, detail: true })).decision.limits).toMatchObject([{ used: 15 }]);
    expect((await tenant.usage()).tokens_out).toBe(75);
  });
});
