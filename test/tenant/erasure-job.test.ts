/** A large erasure runs in parts that no caller can observe. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { valueIn } from "./object.ts";
import { configured, ledgerOf, reservationsOf, ring, START_MS, type Tenant, useSetClock } from "./tenant.ts";

useSetClock();

const USER = "alice@example.com";
const erase = (tenant: Tenant) => tenant.run({ op: "erase_user", id: USER, pseudonym: "erased-1" });

/** How often a text occurs in stored rows, except the job's own. */
const countStored = (tenant: Tenant, text: string) =>
  runInDurableObject(tenant.object, (_, { storage }) =>
    ["SELECT * FROM idempotency", "SELECT * FROM reservation", "SELECT * FROM ledger", "SELECT * FROM carried"]
      .flatMap((query) => storage.sql.exec(query).toArray())
      .reduce((sum, row) => sum + JSON.stringify(row).split(text).length - 1, 0),
  );

const isPending = (tenant: Tenant) =>
  runInDurableObject(
    tenant.object,
    (_, { storage }) => storage.sql.exec("SELECT 1 FROM kept_value WHERE name = 'erasure'").toArray().length > 0,
  );

/** More idempotency keys, ledger entries and settled reservations than one turn handles. */
async function busyTenant(): Promise<Tenant> {
  const tenant = await configured({ per_user_and_model_max_tokens: 1e6 });
  const consumes = (n: number) =>
    Array.from({ length: 1000 }, (_, i) => ({
      op: "consume",
      user_id: i % 4 === 0 ? USER : `user-${i}`,
      labels: { model: "m" },
      tokens_in: 1,
      idempotency_key: `${n}-${i}`,
    }));
  await tenant.batch(consumes(1));
  await tenant.batch(consumes(2));
  const reserve = { op: "reserve", user_id: USER, labels: { model: "m" }, tokens: 5 };
  const reserved = await tenant.batch(Array(600).fill(reserve));
  const ids = reserved.map((answer) => (valueIn(answer) as { id: string }).id);
  await tenant.batch(ids.slice(1).map((id) => ({ op: "commit", id, tokens_in: 1 })));
  return tenant;
}

test("an erasure runs in parts, and no read shows a part of it", async () => {
  const tenant = await busyTenant();
  expect(await erase(tenant)).toEqual({ pseudonym: "erased-1", buckets: 2 });
  expect(await isPending(tenant)).toBe(true);
  expect(await countStored(tenant, USER)).toBeGreaterThan(0);
  // Spending during the erasure is a new record, of a user who came back.
  await tenant.consume({ user_id: USER, tokens_in: 7 });
  expect(await isPending(tenant)).toBe(true);
  const ledger = await ledgerOf(tenant);
  expect(await isPending(tenant)).toBe(false);
  expect(ledger.filter(({ user_id }) => user_id === USER)).toMatchObject([{ tokens_in: 7 }]);
  expect(ledger.filter(({ user_id }) => user_id === "erased-1").length).toBeGreaterThan(1600);
  expect((await reservationsOf(tenant)).every(({ user_id }) => user_id === "erased-1")).toBe(true);
  expect(await tenant.usageFor(USER)).toMatchObject({ tokens_in: 7, held: { reservations: 0 } });
  expect(await tenant.audit()).toMatchObject({ ok: true, totals: { tokens_in: 2606 } });
});

test("an erasure continues by itself after an eviction, and audits wait for it", async () => {
  const tenant = await busyTenant();
  await erase(tenant);
  await evictDurableObject(tenant.object);
  expect(await isPending(tenant)).toBe(true);
  expect((await tenant.audit()).ok).toBe(true);
  const other = await busyTenant();
  await erase(other);
  await evictDurableObject(other.object);
  await ring(other, START_MS + 1);
  expect(await isPending(other)).toBe(false);
  expect(await countStored(other, USER)).toBe(0);
  expect(await countStored(other, "erased-1")).toBeGreaterThan(1600);
});

test("a reservation that is settled late during an erasure is reported under the pseudonym", async () => {
  const tenant = await busyTenant();
  const [open] = (await reservationsOf(tenant)).filter(({ state }) => state === "held");
  const id = open?.id ?? "";
  await tenant.release(id);
  await erase(tenant);
  expect(await isPending(tenant)).toBe(true);
  expect((await tenant.reservation(id)).user_id).toBe("erased-1");
  expect((await tenant.commit(id, { tokens_in: 3 })).user_id).toBe("erased-1");
  expect((await tenant.audit()).ok).toBe(true);
  expect(await countStored(tenant, USER)).toBe(0);
});

test("a user whose id is a prefix of another's is erased alone", async () => {
  const tenant = await configured({ per_user_and_model_max_tokens: 1000 });
  for (const user_id of ["al", "al,", "al-", "alice", 'al"', "al]"]) {
    await tenant.consume({ user_id, labels: { model: "m" }, tokens_in: 1 });
  }
  expect(await tenant.run({ op: "erase_user", id: "al", pseudonym: "erased-1" })).toMatchObject({
    buckets: 2,
  });
  for (const [user_id, tokens_in] of [
    ["al", 0],
    ["al,", 1],
    ["al-", 1],
    ["alice", 1],
    ['al"', 1],
    ["al]", 1],
  ] as const) {
    expect((await tenant.usageFor(user_id)).tokens_in).toBe(tokens_in);
  }
  expect((await tenant.audit()).ok).toBe(true);
});
