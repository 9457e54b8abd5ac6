/** Which user's bucket is evicted, and when. */
import { evictDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ledgerOf, newTenant, setNow, type Tenant } from "./tenant.ts";

const START_MS = Date.UTC(2026, 0, 1);

beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

const evictionsOf = (tenant: Tenant) => ledgerOf(tenant, { kind: "eviction" });

function idOf(bucket: unknown): unknown {
  return (bucket as { id: unknown }).id;
}

describe("the user's bucket that is evicted", () => {
  test("is the least recently used one, and its ledger entry has its totals", async () => {
    const tenant = newTenant();
    setNow(START_MS);
    await tenant.configure({ max_users: 2 });
    await tenant.consume({ user_id: "alice", tokens_in: 5, cost_usd: 0.5 });
    await tenant.consume({ user_id: "bob", tokens_in: 6 });
    await tenant.allowsStep({ user_id: "alice" });
    await tenant.consume({ user_id: "carol", tokens_in: 7 });

    expect((await tenant.usageFor("bob")).calls).toBe(0);
    expect((await tenant.usageFor("alice")).calls).toBe(1);
    expect(await tenant.usage()).toMatchObject({ users: 2, tokens_in: 18, calls: 3 });
    expect(await evictionsOf(tenant)).toEqual([
      {
        id: expect.any(Number),
        at: "2026-01-01T00:00:00.000Z",
        kind: "eviction",
        bucket: { scope: "user", id: "bob" },
        cause: "max_users",
        // The totals removed, so that a bucket's entries add up to its totals.
        tokens_in: -6,
        tokens_out: 0,
        cost_usd: 0,
        calls: -1,
        cache_read_input_tokens: 0,
        cache_write_input_tokens: 0,
        reasoning_output_tokens: 0,
        unpriced_calls: 0,
        unpriced_tokens: 0,
        started_at: "2026-01-01T00:00:00.000Z",
        touched_at: "2026-01-01T00:00:00.000Z",
      },
    ]);
  });

  test("is the least recently used one after an audit has written the touches of reads, and a restart", async () => {
    const tenant = newTenant();
    setNow(START_MS);
    await tenant.configure({ max_users: 2 });
    for (const user_id of ["alice", "bob"]) await tenant.consume({ user_id, tokens_in: 5 });
    for (let read = 0; read < 9; read += 1) await tenant.allowsStep({ user_id: "alice" });
    await tenant.audit();
    await evictDurableObject(tenant.object);
    await tenant.allowsStep({ user_id: "bob" });
    await tenant.consume({ user_id: "carol", tokens_in: 5 });
    expect((await evictionsOf(tenant)).map(({ bucket }) => bucket)).toEqual([{ scope: "user", id: "alice" }]);
  });

  test("is evicted after user_idle_ttl_seconds, whether it is read or not", async () => {
    const tenant = newTenant();
    setNow(START_MS);
    await tenant.configure({ user_idle_ttl_seconds: 60 });
    for (const user_id of ["alice", "bob", "carol"]) await tenant.consume({ user_id, tokens_in: 5 });
    setNow(START_MS + 59_999);
    await tenant.allowsStep({ user_id: "carol" });
    setNow(START_MS + 60_000);
    expect((await tenant.usageFor("alice")).calls).toBe(0);
    expect((await tenant.usage()).users).toBe(2);
    await tenant.consume({ user_id: "carol", tokens_in: 5 });
    expect((await tenant.usage()).users).toBe(1);
    const evicted = (await evictionsOf(tenant)).map(({ bucket, cause }) => [idOf(bucket), cause]);
    expect(evicted).toEqual([
      ["alice", "idle"],
      ["bob", "idle"],
    ]);
  });

  test("is found among hundreds, again and again, in the order of use", async () => {
    const tenant = newTenant();
    setNow(START_MS);
    await tenant.configure({ max_users: 600 });
    const request = (i: number) => ({ user_id: `${i}`, tokens_in: 1 });
    const consumes = (from: number, to: number) =>
      tenant.batch(Array.from({ length: to - from }, (_, i) => ({ op: "consume", ...request(from + i) })));
    await consumes(0, 600);
    for (let i = 0; i < 100; i += 1) await tenant.allowsStep({ user_id: `${i}` });
    await consumes(600, 700);
    for (let i = 700; i < 800; i += 1) await tenant.consume(request(i));
    await consumes(800, 1100);
    const evicted = (await evictionsOf(tenant)).map(({ bucket }) => Number(idOf(bucket)));
    expect(evicted).toEqual(Array.from({ length: 500 }, (_, i) => 100 + i));
    expect(await tenant.usage()).toMatchObject({ users: 600, calls: 1100 });
  });
});

test("a lower max_users evicts down to it at the next consume", async () => {
  const tenant = newTenant();
  for (let i = 0; i < 20; i += 1) await tenant.consume({ user_id: `${i}` });
  await tenant.configure({ max_users: 3 });
  await tenant.consume({ user_id: "0" });
  expect((await tenant.usage()).users).toBe(3);
  expect((await evictionsOf(tenant)).length).toBe(17);
});

test("an eviction of the object from memory changes no answer", async () => {
  const tenant = newTenant();
  setNow(START_MS);
  await tenant.configure({ max_tokens: 10, max_wall_clock: 60 });
  await tenant.consume({ user_id: "alice", tokens_in: 6, tokens_out: 2, cost_usd: 0.000000001 });
  await tenant.consume({ user_id: null, tokens_in: 1 });
  const before = [
    await tenant.usage(),
    await tenant.usageFor("alice"),
    await tenant.usageFor(null),
    await tenant.config(),
  ];

  await evictDurableObject(tenant.object);
  const after = [
    await tenant.usage(),
    await tenant.usageFor("alice"),
    await tenant.usageFor(null),
    await tenant.config(),
  ];
  expect(after).toEqual(before);
  expect((await tenant.allowsStep({ user_id: "alice" })).reason).toBe("tokens at 90%");

  await evictDurableObject(tenant.object);
  setNow(START_MS + 60_000);
  expect((await tenant.allowsStep({ user_id: "alice" })).limit).toBe("max_wall_clock");
});
