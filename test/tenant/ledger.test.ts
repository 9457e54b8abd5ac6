import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { LedgerEntry, Page } from "../../src/wire/index.ts";
import { newTenant, setNow, valueIn } from "./tenant.ts";

const START_MS = Date.UTC(2040, 0, 1);
const DAY_MS = 86_400_000;
const ALL = { after: 0, limit: 1000 };

type Tenant = ReturnType<typeof newTenant>;

beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
beforeEach(() => setNow(START_MS));
afterAll(() => void vi.useRealTimers());

const rowsOf = (tenant: Tenant) =>
  runInDurableObject(tenant, (_, { storage }) => storage.sql.exec("SELECT first_id FROM ledger").toArray().length);
const consumes = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    op: "consume" as const,
    request: { user_id: `u${i % 3}`, tokens_in: 1, labels: { run: `r${i % 2}` } },
  }));

describe("the ledger", () => {
  test("keeps the entries of one commit in one row, and pages over rows", async () => {
    const tenant = newTenant();
    await tenant.batch(consumes(100));
    valueIn(await tenant.consume({ tokens_in: 7 }));
    await evictDurableObject(tenant);
    await tenant.batch(consumes(100));
    expect(await rowsOf(tenant)).toBe(3);
    const ids: number[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page: Page<LedgerEntry> = valueIn(await tenant.ledger({ after, limit: 17 }));
      expect(page.items.length).toBeLessThanOrEqual(17);
      ids.push(...page.items.map(({ id }) => id));
      after = page.next;
    }
    expect(ids).toEqual(Array.from({ length: 201 }, (_, i) => i + 1));
  });

  test("is filtered by user, label, kind and time", async () => {
    const tenant = newTenant();
    await tenant.batch(consumes(12));
    setNow(START_MS + 1000);
    valueIn(await tenant.consume({ tokens_in: 7, model: "m", cost_usd: 0 }));
    valueIn(await tenant.freeze({ scope: "user", subject: "u1" }, {}));
    const ids = async (filter: object) => valueIn(await tenant.ledger({ ...ALL, ...filter })).items.map(({ id }) => id);
    expect(await ids({ user_id: "u1" })).toEqual([2, 5, 8, 11, 14]);
    expect(await ids({ user_id: "" })).toEqual([13]);
    expect(await ids({ label: "run:r1", user_id: "u0" })).toEqual([4, 10]);
    expect(await ids({ label: "model:m" })).toEqual([13]);
    expect(await ids({ kind: "freeze" })).toEqual([14]);
    expect(await ids({ since: "2040-01-01T00:00:01Z" })).toEqual([13, 14]);
    expect(await ids({ until: "2040-01-01T00:00:01Z", limit: 2 })).toEqual([1, 2]);
    expect(valueIn(await tenant.ledger({ ...ALL, until: "2039-01-01T00:00:00Z" }))).toEqual({ items: [], next: null });
  });

  test("tells of each kind", async () => {
    const tenant = newTenant();
    const key = { scope: "user", subject: "alice" };
    valueIn(await tenant.configure({ max_tokens: 100, max_users: 1 }));
    valueIn(await tenant.consume({ user_id: "alice", tokens_in: 5 }));
    const hold = valueIn(await tenant.reserve({ user_id: "alice", tokens: 5 }));
    valueIn(await tenant.extend(hold.id, { tokens: 5 }));
    valueIn(await tenant.commit(hold.id, { tokens_in: 1 }));
    valueIn(await tenant.release(valueIn(await tenant.reserve({ tokens: 1 })).id, {}));
    await tenant.reserve({ tokens: 1000 });
    valueIn(await tenant.adjust(key, { tokens_in: 1, note: "n" }));
    valueIn(await tenant.setLimits(key, { max_calls: 5 }));
    valueIn(await tenant.freeze(key, {}));
    valueIn(await tenant.unfreeze(key, {}));
    valueIn(await tenant.reset(key, {}));
    valueIn(await tenant.reserve({ tokens: 1, ttl_seconds: 1 }));
    setNow(START_MS + 1000);
    valueIn(await tenant.consume({ user_id: "bob" }));
    const kinds = valueIn(await tenant.ledger(ALL)).items.map(({ kind }) => kind);
    expect(kinds).toEqual([
      "config",
      "consume",
      "hold",
      "extension",
      "commit",
      "hold",
      "release",
      "refusal",
      "adjustment",
      "limits",
      "freeze",
      "unfreeze",
      "reset",
      "hold",
      "expiry",
      "eviction",
      "consume",
    ]);
    expect(valueIn(await tenant.audit())).toMatchObject({ ok: true, entries: 17 });
  });
});

describe("the audit", () => {
  test("stays right when entries are not kept any more", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ ledger_retention_days: 2, per_run_max_tokens: 1000 }));
    await tenant.batch(consumes(50));
    setNow(START_MS + DAY_MS);
    await tenant.batch(consumes(30));
    setNow(START_MS + 3 * DAY_MS + 3_600_000);
    valueIn(await tenant.consume({ tokens_in: 2 }));
    for (let i = 0; i < 3; i += 1) await runDurableObjectAlarm(tenant);
    expect(valueIn(await tenant.ledger(ALL)).items.map(({ id }) => id)).toEqual([82]);
    expect(valueIn(await tenant.audit())).toMatchObject({
      ok: true,
      entries: 1,
      buckets: 7,
      totals: { tokens_in: 82 },
    });
    await evictDurableObject(tenant);
    expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 82, calls: 81 });
    valueIn(await tenant.consume({ tokens_in: 1 }));
    expect(valueIn(await tenant.ledger({ after: 82, limit: 1 })).items).toMatchObject([{ id: 83 }]);
  });

  test("names a bucket whose stored total is not what the ledger adds up to", async () => {
    const tenant = newTenant();
    await tenant.batch(consumes(9));
    expect(valueIn(await tenant.audit())).toMatchObject({ ok: true, entries: 9, buckets: 4 });
    await runInDurableObject(tenant, (_, { storage }) => {
      storage.sql.exec("UPDATE bucket SET input_tokens = input_tokens + 5 WHERE subject = 'u1'");
      storage.sql.exec("DELETE FROM bucket WHERE subject = 'u2'");
    });
    await evictDurableObject(tenant);
    const { ok, differences } = valueIn(await tenant.audit());
    expect(ok).toBe(false);
    expect(differences).toMatchObject([
      { scope: "user", id: "u1", ledger: { tokens_in: 3 }, stored: { tokens_in: 8 } },
      { scope: "user", id: "u2", ledger: { tokens_in: 3, calls: 3 }, stored: { tokens_in: 0, calls: 0 } },
    ]);
  });
});
