/** When old entries, reservations and idempotency keys are deleted. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  configured,
  DAY_MS,
  HOUR_MS,
  ledgerOf,
  MINUTE_MS,
  refusalOf,
  ring,
  START_MS,
  setNow,
  type Tenant,
  useSetClock,
} from "./tenant.ts";

useSetClock();

const idsOf = async (tenant: Tenant) => (await ledgerOf(tenant)).map(({ id }) => id);

const stored = (tenant: Tenant, query: string) =>
  runInDurableObject(tenant.object, (_, { storage }) => storage.sql.exec(query).toArray());

const alarmOf = (tenant: Tenant) => runInDurableObject(tenant.object, (_, { storage }) => storage.getAlarm());

test("entries are deleted after ledger_retention_days, their sums are carried over, and ids continue", async () => {
  const tenant = await configured({ ledger_retention_days: 2, max_users: 2, per_model_max_tokens: 1000 });
  for (const user_id of ["alice", "bob", "carol"]) {
    await tenant.consume({ user_id, labels: { model: "m" }, tokens_in: 10, cost_usd: 0.5 });
  }
  setNow(START_MS + DAY_MS);
  await tenant.consume({ user_id: "carol", tokens_in: 1 });
  setNow(START_MS + 2 * DAY_MS);
  await tenant.consume({ user_id: "dave", tokens_in: 2 });
  expect(await idsOf(tenant)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  await ring(tenant, START_MS + 2 * DAY_MS - 1);
  expect(await idsOf(tenant)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  await ring(tenant, START_MS + 2 * DAY_MS);
  expect(await idsOf(tenant)).toEqual([6, 7, 8]);
  expect(await tenant.audit()).toMatchObject({
    ok: true,
    entries: 3,
    buckets: 4,
    totals: { tokens_in: 33, calls: 5 },
  });
  // Alice's bucket was evicted within the deleted period: nothing is carried over for her.
  expect(await stored(tenant, "SELECT scope, subject FROM carried")).toEqual([
    { scope: "model", subject: "m" },
    { scope: "tenant", subject: "" },
    { scope: "user", subject: "bob" },
    { scope: "user", subject: "carol" },
  ]);
  await evictDurableObject(tenant.object);
  await ring(tenant, START_MS + 3 * DAY_MS);
  expect(await idsOf(tenant)).toEqual([7, 8]);
  await tenant.reset({ scope: "model", id: "m" });
  expect(await idsOf(tenant)).toEqual([7, 8, 9]);
  await ring(tenant, START_MS + 30 * DAY_MS);
  expect(await idsOf(tenant)).toEqual([]);
  expect(await stored(tenant, "SELECT scope, subject FROM carried WHERE scope = 'model'")).toEqual([]);
  await evictDurableObject(tenant.object);
  await tenant.consume({ user_id: "dave", tokens_in: 2 });
  expect(await idsOf(tenant)).toEqual([10]);
  expect((await tenant.audit()).ok).toBe(true);
});

test("rows are deleted fifty at a time, and the alarm runs again at once for the rest", async () => {
  const tenant = await configured({ ledger_retention_days: 1 });
  for (let i = 0; i < 120; i += 1) await tenant.consume({ user_id: `${i % 5}`, tokens_in: 1 });
  const atMs = START_MS + 2 * DAY_MS;
  const left: number[] = [];
  const alarms: (number | null)[] = [];
  for (let i = 0; i < 4; i += 1) {
    await ring(tenant, atMs);
    left.push((await idsOf(tenant)).length);
    alarms.push(await alarmOf(tenant));
    expect(await tenant.audit()).toMatchObject({ ok: true, totals: { tokens_in: 120 } });
  }
  expect(left).toEqual([71, 21, 0, 0]);
  expect(alarms).toEqual([atMs, atMs, null, null]);
});

test("settled reservations are deleted with the entries of their time, and open ones are kept", async () => {
  const tenant = await configured({ ledger_retention_days: 1 });
  const reserve = async (ttl_seconds: number) => (await tenant.reserve({ tokens: 1, ttl_seconds })).id;
  const [done, back, over] = [await reserve(60), await reserve(60), await reserve(60)];
  await tenant.commit(done, { tokens_in: 1 });
  await tenant.release(back);
  const open = await reserve(86_400);
  setNow(START_MS + DAY_MS - 1);
  await tenant.extend(open, { ttl_seconds: 86_400 });
  const later = await reserve(60);
  await ring(tenant, START_MS + 2 * DAY_MS - 2);
  const { items } = await tenant.reservations({ after: "", limit: 10 });
  expect(items.map(({ id, state }) => [id, state])).toEqual([
    // Its expiry was recorded with the extension.
    [over, "expired"],
    [open, "held"],
    [later, "expired"],
  ]);
  for (const id of [done, back]) {
    expect((await refusalOf(tenant.commit(id, { tokens_in: 1 }))).code).toBe("unknown_reservation");
  }
  await evictDurableObject(tenant.object);
  expect((await tenant.usage()).held.reservations).toBe(1);
  await tenant.commit(open, { tokens_in: 1 });
  expect(await tenant.audit()).toMatchObject({ ok: true, totals: { tokens_in: 2 } });
});

test("thousands of reservations are deleted a few hundred at a time, as fast as alarms run", async () => {
  const tenant = await configured({ ledger_retention_days: 1 });
  await tenant.batch(Array.from({ length: 1000 }, () => ({ op: "reserve", ttl_seconds: 1 })));
  await ring(tenant, START_MS + MINUTE_MS);
  setNow(START_MS + 5 * DAY_MS);
  await tenant.consume({});
  const left: unknown[] = [];
  for (let i = 0; i < 4; i += 1) {
    await ring(tenant, START_MS + 5 * DAY_MS);
    const [counted] = await stored(tenant, "SELECT count(*) AS count FROM reservation");
    left.push([counted?.count, await alarmOf(tenant)]);
  }
  expect(left).toEqual([
    // The entries of their settlements go first.
    [1000, START_MS + 5 * DAY_MS],
    [500, START_MS + 5 * DAY_MS],
    [0, START_MS + 5 * DAY_MS],
    [0, START_MS + 6 * DAY_MS],
  ]);
});

test("a rarely used object that is evicted in between deletes what has expired all the same", async () => {
  const tenant = await configured({ ledger_retention_days: 1 });
  for (let halfHours = 0; halfHours <= 96; halfHours += 1) {
    setNow(START_MS + (halfHours * HOUR_MS) / 2);
    await tenant.consume({ tokens_in: 1, idempotency_key: `${halfHours}` });
    await evictDurableObject(tenant.object);
    const alarmMs = await alarmOf(tenant);
    if (alarmMs !== null && alarmMs <= Date.now()) await ring(tenant, Date.now());
    await evictDurableObject(tenant.object);
  }
  // Entries kept for a day are deleted at the full hour, and keys with their half-day.
  expect((await ledgerOf(tenant)).map(({ at }) => at)[0]).toBe("2040-01-02T00:30:00.000Z");
  expect(await stored(tenant, "SELECT min(half_day * 12) AS hours, count(*) AS keys FROM idempotency")).toEqual([
    { hours: (START_MS + 24 * HOUR_MS) / HOUR_MS, keys: 49 },
  ]);
  expect(await tenant.audit()).toMatchObject({ ok: true, totals: { tokens_in: 97 } });
});

test("no alarm is set if nothing is left to expire", async () => {
  const tenant = await configured({ ledger_retention_days: 1 });
  await tenant.consume({ tokens_in: 1, idempotency_key: "k" });
  expect(await alarmOf(tenant)).toBe(START_MS + DAY_MS);
  await evictDurableObject(tenant.object);
  await ring(tenant, START_MS + DAY_MS);
  expect(await alarmOf(tenant)).toBe(START_MS + 36 * HOUR_MS);
  await evictDurableObject(tenant.object);
  await ring(tenant, START_MS + 36 * HOUR_MS);
  expect(await alarmOf(tenant)).toBeNull();
  await tenant.allowsStep();
  expect(await alarmOf(tenant)).toBeNull();
  await tenant.consume({});
  expect(await alarmOf(tenant)).toBe(START_MS + 60 * HOUR_MS);
});

test("a longer ledger_retention_days applies from when it is set", async () => {
  const tenant = await configured({ ledger_retention_days: 1 });
  await tenant.batch([{ op: "consume", tokens_in: 1 }]);
  await tenant.configure({ ledger_retention_days: 100 });
  setNow(START_MS + 50 * DAY_MS);
  await tenant.consume({ tokens_in: 1 });
  await ring(tenant, START_MS + 50 * DAY_MS + HOUR_MS);
  expect(await idsOf(tenant)).toEqual([1, 2, 3, 4]);
  await tenant.configure({});
  await ring(tenant, START_MS + 50 * DAY_MS + 13 * HOUR_MS);
  expect(await idsOf(tenant)).toEqual([4, 5]);
});

describe("a reservation is kept as long as the ledger keeps its settlement", () => {
  test("so that a late commit long after its creation is counted once", async () => {
    const tenant = await configured({ ledger_retention_days: 1 });
    const request = { user_id: "alice", tokens: 500, ttl_seconds: 86_400, on_expiry: "charge" } as const;
    const { id } = await tenant.reserve(request);
    setNow(START_MS + DAY_MS - 1000);
    await tenant.extend(id, { ttl_seconds: 86_400 });
    await ring(tenant, START_MS + 2 * DAY_MS - 1000);
    await ring(tenant, START_MS + 2 * DAY_MS + HOUR_MS);
    await tenant.commit(id, { tokens_out: 10 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_total: 10, calls: 1 });
  });

  test("and is deleted with it, though nothing else happens", async () => {
    const tenant = await configured({ ledger_retention_days: 1 });
    const { id } = await tenant.reserve({ ttl_seconds: 3600 });
    setNow(START_MS + HOUR_MS - 1000);
    await tenant.release(id);
    await ring(tenant, START_MS + DAY_MS);
    expect((await tenant.reservation(id)).state).toBe("released");
    await ring(tenant, START_MS + DAY_MS + HOUR_MS);
    expect(await stored(tenant, "SELECT count(*) AS n FROM reservation")).toEqual([{ n: 0 }]);
    expect(await stored(tenant, "SELECT count(*) AS n FROM ledger")).toEqual([{ n: 0 }]);
  });
});
