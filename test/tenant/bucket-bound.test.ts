/** A tenant keeps at most `max_users` buckets in each scope. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { configured, HOUR_MS, ledgerOf, ring, START_MS, setNow, type Tenant, useSetClock } from "./tenant.ts";

useSetClock();

async function usersOf(tenant: Tenant, ...ids: string[]): Promise<number[]> {
  const totals: number[] = [];
  for (const id of ids) totals.push((await tenant.usageFor(id)).tokens_in);
  return totals;
}

/** Consumes one token for each of `count` users. */
async function spendEach(tenant: Tenant, count: number): Promise<void> {
  const request = (i: number) => ({ user_id: `u${i}`, tokens_in: 1 });
  for (let start = 0; start < count; start += 1000) {
    const operations = Array.from({ length: Math.min(1000, count - start) }, (_, i) => ({
      op: "consume",
      ...request(start + i),
    }));
    await tenant.batch(operations);
  }
}

describe("at max_users, after an audit and a restart,", () => {
  test("new users are counted, and the least recently used one is evicted", async () => {
    const tenant = await configured({ max_users: 2 });
    await tenant.consume({ user_id: "alice", tokens_in: 5 });
    await tenant.consume({ user_id: "bob", tokens_in: 6 });
    for (let i = 0; i < 20; i += 1) await tenant.allowsStep({ user_id: "bob" });
    await tenant.audit();
    await evictDurableObject(tenant.object);
    await tenant.consume({ user_id: "alice", tokens_in: 1 });
    await tenant.consume({ user_id: "carol", tokens_in: 1 });
    expect(await usersOf(tenant, "alice", "bob", "carol")).toEqual([6, 0, 1]);
    for (const user_id of ["bob", "carol", "dave", "erin"]) await tenant.consume({ user_id, tokens_in: 1 });
    expect(await usersOf(tenant, "alice", "bob", "carol", "dave", "erin")).toEqual([0, 0, 0, 1, 1]);
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("so they are after the erasure of an unknown user, and after any other write", async () => {
    const tenant = await configured({ max_users: 2 });
    const between = [
      () => tenant.run({ op: "erase_user", id: "nobody", pseudonym: "erased-1" }),
      () => tenant.configure({ max_users: 2 }),
      () => tenant.audit(),
    ];
    for (const [i, call] of between.entries()) {
      await tenant.consume({ user_id: `a${i}`, tokens_in: 1 });
      await tenant.consume({ user_id: `b${i}`, tokens_in: 1 });
      for (let n = 0; n < 20; n += 1) await tenant.allowsStep({ user_id: `a${i}` });
      await call();
      await evictDurableObject(tenant.object);
      await tenant.consume({ user_id: `c${i}`, tokens_in: 1 });
      expect(await usersOf(tenant, `a${i}`, `b${i}`, `c${i}`)).toEqual([1, 0, 1]);
    }
  });
});

test("after max_users is lowered far, a write evicts a few buckets and the alarm the rest", async () => {
  const tenant = await configured();
  await spendEach(tenant, 1000);
  await tenant.configure({ max_users: 10 });
  await tenant.consume({ user_id: "u1", tokens_in: 1 });
  expect((await tenant.usage()).users).toBe(936);
  await ring(tenant, START_MS);
  expect((await tenant.usage()).users).toBe(10);
  expect(await usersOf(tenant, "u1", "u999", "u2")).toEqual([2, 1, 0]);
  expect((await tenant.audit()).ok).toBe(true);
});

test("an adjustment observes max_users too", async () => {
  const tenant = await configured({ max_users: 2 });
  for (let i = 0; i < 10; i += 1) {
    await tenant.adjust({ scope: "user", id: `u${i}` }, { tokens_in: 1, note: "debit" });
  }
  expect((await tenant.usage()).users).toBe(2);
});

test("in a large scope the order of use is read in parts, and kept", async () => {
  const tenant = await configured({ max_users: 9000 });
  await spendEach(tenant, 9000);
  await evictDurableObject(tenant.object);
  for (let i = 0; i < 10; i += 1) await tenant.allowsStep({ user_id: `u${i}` });
  for (let i = 0; i < 20; i += 1) {
    await tenant.consume({ user_id: `new${i}`, tokens_in: 1 });
    await ring(tenant, START_MS + i);
  }
  const evicted = (await ledgerOf(tenant, { kind: "eviction" })).map(({ bucket }) => bucket?.id);
  expect(evicted).toEqual(Array.from({ length: 20 }, (_, i) => `u${10 + i}`));
  expect((await tenant.usage()).users).toBe(9000);
});

test("idle users with open windows are not evicted, however many there are", async () => {
  const tenant = await configured({ per_user_max_tokens_per_month: 1000, user_idle_ttl_seconds: 60, max_users: 2000 });
  await spendEach(tenant, 2000);
  setNow(START_MS + HOUR_MS);
  await tenant.consume({ user_id: "new", tokens_in: 1 });
  expect((await tenant.usage()).users).toBe(2000);
});
