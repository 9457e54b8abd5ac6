/** New users share a bucket when a limited scope is full. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  configured,
  DAY_MS,
  HOUR_MS,
  ledgerOf,
  MINUTE_MS,
  refusalOf,
  START_MS,
  setNow,
  useSetClock,
} from "./tenant.ts";

useSetClock();

const consumes = (count: number, user_id: (i: number) => string, model = "m") =>
  Array.from({ length: count }, (_, i) => ({
    op: "consume",
    user_id: user_id(i),
    labels: { model },
    tokens_in: 1,
  }));

describe("past max_users, under a limit,", () => {
  test("invented labels do not reset an exhausted limit", async () => {
    const tenant = await configured({ per_user_and_model_max_tokens_per_month: 100, max_users: 50 });
    const step = { user_id: "mallory", labels: { model: "gpt-5" } };
    await tenant.consume({ ...step, tokens_in: 100 });
    expect((await tenant.allowsStep(step)).state).toBe("blocked");
    for (let n = 0; n < 5; n += 1) {
      const invented = Array.from({ length: 100 }, (_, i) => {
        return {
          op: "consume",
          user_id: "mallory",
          labels: { model: `invented-${n}-${i}` },
          tokens_in: 1,
        };
      });
      await tenant.batch(invented);
    }
    expect(await tenant.allowsStep(step)).toMatchObject({
      state: "blocked",
      limit: "per_user_and_model_max_tokens_per_month",
    });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("new users share one overflow bucket, limited as each would be, and usage and ledger report it", async () => {
    const tenant = await configured({ per_user_max_tokens: 10, max_users: 2 });
    await tenant.batch(consumes(6, (i) => `user-${i}`));
    expect(await tenant.usage()).toMatchObject({ users: 2, overflowing: ["user"], tokens_in: 6 });
    expect(await tenant.usageFor("user-1")).not.toHaveProperty("in_overflow");
    expect(await tenant.usageFor("user-5")).toMatchObject({
      id: "user-5",
      in_overflow: true,
      tokens_in: 0,
      limits: [{ name: "per_user_max_tokens", used: 4, remaining: 6 }],
    });
    const shared = { scope: "user", id: null, overflow: true as const };
    expect(await tenant.usageOf(shared)).toMatchObject({ id: null, overflow: true, tokens_in: 4 });
    await evictDurableObject(tenant.object);
    await tenant.consume({ user_id: "user-6", tokens_in: 6 });
    for (const user_id of ["user-3", "nobody-yet"]) {
      expect(await tenant.allowsStep({ user_id })).toMatchObject({ state: "blocked" });
    }
    for (const user_id of ["user-0", "user-1"]) {
      expect((await tenant.allowsStep({ user_id })).state).toBe("ok");
    }
    const told = await ledgerOf(tenant, { kind: "overflow" });
    expect(told).toMatchObject([{ bucket: { scope: "user", id: null, overflow: true } }]);
    const [last] = (await ledgerOf(tenant, { kind: "consume" })).slice(-1);
    expect(last).toMatchObject({ user_id: "user-6", overflow: ["user"] });
    expect(await tenant.audit()).toMatchObject({ ok: true, buckets: 4 });
  });

  test("reservations of users without a bucket count in the overflow bucket", async () => {
    const tenant = await configured({ per_user_max_tokens: 10, max_users: 1 });
    // Both reserve while there is room for one of them.
    const first = await tenant.reserve({ user_id: "alice", tokens: 9, ttl_seconds: 3600 });
    const second = await tenant.reserve({ user_id: "bob", tokens: 7, ttl_seconds: 3600, on_expiry: "charge" });
    await tenant.commit(first.id, { tokens_in: 1 });
    expect((await refusalOf(tenant.reserve({ user_id: "carol", tokens: 4 }))).decision?.limit).toBe(
      "per_user_max_tokens",
    );
    await evictDurableObject(tenant.object);
    expect((await refusalOf(tenant.reserve({ user_id: "carol", tokens: 4 }))).decision?.limit).toBe(
      "per_user_max_tokens",
    );
    setNow(START_MS + HOUR_MS);
    expect((await tenant.allowsStep({ user_id: "dave", tokens: 4 })).state).toBe("blocked");
    await tenant.commit(second.id, { tokens_in: 2 });
    expect((await tenant.allowsStep({ user_id: "dave" })).remaining).toEqual({ tokens: 8 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("a higher max_users gives them buckets of their own, and a user with its own limits has one at once", async () => {
    const tenant = await configured({ per_user_max_tokens: 10, max_users: 1 });
    await tenant.batch(consumes(3, (i) => `user-${i}`));
    await tenant.setLimits({ scope: "user", id: "vip" }, { max_tokens: 500 });
    await tenant.consume({ user_id: "vip", tokens_in: 400 });
    expect(await tenant.usageFor("vip")).toMatchObject({ tokens_in: 400, limits: [{ max: 500 }] });
    await tenant.patchConfig({ max_users: 5 });
    expect(await tenant.usage()).not.toHaveProperty("overflowing");
    await tenant.consume({ user_id: "user-2", tokens_in: 3 });
    expect(await tenant.usageFor("user-2")).toMatchObject({ tokens_in: 3 });
    const evictions = await ledgerOf(tenant, { kind: "eviction" });
    expect(evictions).toMatchObject([{ bucket: { overflow: true }, cause: "max_users", tokens_in: -2 }]);
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("a lower max_users evicts none of them", async () => {
    const tenant = await configured({ per_user_max_tokens: 10, max_users: 100 });
    await tenant.batch(consumes(100, (i) => `user-${i}`));
    await tenant.patchConfig({ max_users: 3 });
    await tenant.consume({ user_id: "late" });
    expect((await tenant.usageFor("user-0")).tokens_in).toBe(1);
    expect(await tenant.usage()).toMatchObject({ users: 100, overflowing: ["user"] });
  });

  test("the overflow bucket stays until it is idle, and an idle bucket is evicted before there is one", async () => {
    const tenant = await configured({ per_user_max_tokens: 10, max_users: 1, user_idle_ttl_seconds: 60 });
    await tenant.consume({ user_id: "alice", tokens_in: 1 });
    setNow(START_MS + MINUTE_MS);
    await tenant.consume({ user_id: "bob", tokens_in: 1 });
    expect((await tenant.usageFor("bob")).tokens_in).toBe(1);
    await tenant.consume({ user_id: "carol", tokens_in: 10 });
    expect((await tenant.allowsStep({ user_id: "carol" })).state).toBe("blocked");
    setNow(START_MS + DAY_MS);
    expect((await tenant.allowsStep({ user_id: "carol" })).state).toBe("ok");
    expect((await tenant.audit()).ok).toBe(true);
  });
});

test("a scope without a limit evicts its least recently used bucket, but none with limits of its own", async () => {
  const tenant = await configured({ max_users: 2 });
  await tenant.setLimits({ scope: "user", id: "vip" }, { max_tokens: 5 });
  await tenant.consume({ user_id: "vip", tokens_in: 5 });
  await tenant.batch(consumes(4, (i) => `user-${i}`));
  expect((await tenant.allowsStep({ user_id: "vip" })).state).toBe("blocked");
  expect(await tenant.usage()).toMatchObject({ users: 2 });
  expect((await tenant.usageFor("user-3")).tokens_in).toBe(1);
});

test("adjusting an overflow bucket that does not exist is an unknown_bucket", async () => {
  const tenant = await configured({ per_user_max_tokens: 10 });
  const shared = { scope: "user", id: null, overflow: true as const };
  expect((await refusalOf(tenant.adjust(shared, { tokens_in: 1, note: "n" }))).code).toBe("unknown_bucket");
  await tenant.reset(shared);
  expect(await tenant.usage()).not.toHaveProperty("overflowing");
});
