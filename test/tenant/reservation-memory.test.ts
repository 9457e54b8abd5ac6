/** What a restart reads of open and settled reservations. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { ReserveRequest } from "../../src/wire/index.ts";
import {
  configured,
  MINUTE_MS,
  newTenant,
  refusalOf,
  reservationsOf,
  ring,
  START_MS,
  setNow,
  type Tenant,
  tenantAt,
  useSetClock,
} from "./tenant.ts";

useSetClock();

const stored = (tenant: Tenant, query: string) =>
  runInDurableObject(tenant.object, (_, { storage }) => storage.sql.exec(query).toArray());

/** The id from which a restart reads open reservations. */
async function openSince(tenant: Tenant): Promise<unknown> {
  const [row] = await stored(tenant, "SELECT holds_since FROM tenant");
  return row?.holds_since;
}

const idsOf = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id);

async function heldTokens(tenant: Tenant): Promise<number> {
  return (await tenant.usage()).held.tokens;
}

/** Reserves tokens a millisecond after the last call. */
async function reserve(tenant: Tenant, tokens: number, request: ReserveRequest = {}): Promise<string> {
  setNow(Date.now() + 1);
  return (await tenant.reserve({ tokens, ...request })).id;
}

test("reservations and their states survive an eviction", async () => {
  const tenant = await configured({ max_tokens: 1000 });
  const ids: string[] = [];
  for (const tokens of [1, 10, 100, 200]) ids.push(await reserve(tenant, tokens, { user_id: "alice" }));
  const [, part = "", done = "", back = ""] = ids;
  await tenant.commit(part, { tokens_in: 4, final: false });
  await tenant.commit(done, { tokens_in: 50 });
  await tenant.release(back);
  const before = [await reservationsOf(tenant), await tenant.usage(), await tenant.usageFor("alice")];
  await evictDurableObject(tenant.object);
  expect([await reservationsOf(tenant), await tenant.usage(), await tenant.usageFor("alice")]).toEqual(before);
  expect(await heldTokens(tenant)).toBe(7);
  expect((await reservationsOf(tenant)).map(({ state }) => state)).toEqual(["held", "held", "committed", "released"]);
  expect((await refusalOf(tenant.commit(done, {}))).code).toBe("already_settled");
  expect((await refusalOf(tenant.reserve({ tokens: 940 }))).code).toBe("limit_reached");
  await tenant.reserve({ tokens: 939 });
});

describe("a restart reads reservations from the oldest open one", () => {
  test("which the tenant's row stores, over generations of settled ones", async () => {
    const tenant = tenantAt(START_MS);
    let open = await reserve(tenant, 1);
    for (let generation = 1; generation <= 4; generation += 1) {
      const next = await reserve(tenant, 1);
      for (let i = 0; i < 5; i += 1) await tenant.commit(await reserve(tenant, 3), { tokens_in: 3 });
      expect(await openSince(tenant)).toBe(open);
      await tenant.commit(open, { tokens_in: 1 });
      expect(await openSince(tenant)).toBe(next);
      await evictDurableObject(tenant.object);
      expect(await heldTokens(tenant)).toBe(1);
      open = next;
    }
    await tenant.commit(open, { tokens_in: 1 });
    await evictDurableObject(tenant.object);
    expect(await heldTokens(tenant)).toBe(0);
    const [counted] = await stored(
      tenant,
      "SELECT count(*) AS rows FROM reservation, tenant WHERE reservation.id >= tenant.holds_since",
    );
    // Of twenty-five, a restart reads those since the last one that was settled.
    expect(counted).toEqual({ rows: 6 });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 65, calls: 25 });
  });

  test("also if a commit of the oldest was refused", async () => {
    const tenant = tenantAt(START_MS);
    const oldest = await reserve(tenant, 5);
    const younger = await reserve(tenant, 7);
    expect((await refusalOf(tenant.commit(oldest, { tokens_in: 100_000_001 }))).code).toBe("invalid_input");
    await tenant.commit(await reserve(tenant, 1), {});
    await evictDurableObject(tenant.object);
    expect(await heldTokens(tenant)).toBe(12);
    expect(idsOf(await reservationsOf(tenant)).slice(0, 2)).toEqual([oldest, younger]);
  });

  test("also if the clock stepped back in the meantime", async () => {
    const tenant = newTenant();
    setNow(START_MS + MINUTE_MS);
    const before = (await tenant.reserve({ tokens: 1 })).id;
    await tenant.commit(before, { tokens_in: 1 });
    await evictDurableObject(tenant.object);
    setNow(START_MS + MINUTE_MS - 1);
    const after = (await tenant.reserve({ tokens: 2 })).id;
    expect(after > before).toBe(true);
    await evictDurableObject(tenant.object);
    expect(await heldTokens(tenant)).toBe(2);
    const again = (await tenant.reserve({ tokens: 4 })).id;
    await tenant.consume({ tokens_in: 1 });
    await evictDurableObject(tenant.object);
    expect(await heldTokens(tenant)).toBe(6);
    expect(idsOf(await reservationsOf(tenant))).toEqual([before, after, again]);
  });

  test("and finds those that expired before it", async () => {
    const tenant = tenantAt(START_MS);
    await reserve(tenant, 3, { on_expiry: "charge" });
    await reserve(tenant, 5, { ttl_seconds: 120 });
    await evictDurableObject(tenant.object);
    await ring(tenant, START_MS + MINUTE_MS + 1);
    expect(await tenant.usage()).toMatchObject({ tokens_out: 3, calls: 1, held: { tokens: 5 } });
    expect((await tenant.audit()).ok).toBe(true);
  });
});

test("ids stay in order of creation however often the object is evicted within a millisecond", async () => {
  const tenant = tenantAt(START_MS);
  const ids: string[] = [];
  for (let i = 0; i < 20; i += 1) {
    ids.push((await tenant.reserve({ tokens: 1 })).id);
    await evictDurableObject(tenant.object);
  }
  expect(ids.toSorted()).toEqual(ids);
  expect(await heldTokens(tenant)).toBe(20);
});
