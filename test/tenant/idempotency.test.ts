/** A repeated write gets the first answer and has no further effect. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { valueIn } from "./object.ts";
import {
  HOUR_MS,
  ledgerOf,
  MINUTE_MS,
  newTenant,
  refusalOf,
  ring,
  START_MS,
  setNow,
  type Tenant,
  tenantAt,
  useSetClock,
} from "./tenant.ts";

useSetClock();

const ALICE = { scope: "user", id: "alice" };

const keysOf = (tenant: Tenant) =>
  runInDurableObject(tenant.object, (_, { storage }) =>
    storage.sql
      .exec<{ key: string }>("SELECT key FROM idempotency ORDER BY key")
      .toArray()
      .map(({ key }) => key),
  );

describe("a write under an idempotency_key that was used", () => {
  test("gets the first answer and has no further effect, also after an eviction", async () => {
    const tenant = tenantAt(START_MS);
    await tenant.configure({ max_tokens: 100 });
    const request = { user_id: "alice", tokens_in: 10, idempotency_key: "k" };
    const first = await tenant.consume(request);
    expect(first).toEqual({
      ...{ state: "ok", reason: null, limit: null, remaining: { tokens: 90 }, retry_after: null },
      cost_usd: 0,
    });
    await tenant.consume({ tokens_in: 80 });
    expect(await tenant.consume(request)).toEqual({ ...first, replayed: true });
    await evictDurableObject(tenant.object);
    expect(await tenant.consume(request)).toEqual({ ...first, replayed: true });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 90, calls: 2 });
    expect((await ledgerOf(tenant, { kind: "consume" })).map((entry) => entry.idempotency_key)).toEqual([
      "k",
      undefined,
    ]);
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("is replayed for at least a day, and for at most one and a half", async () => {
    // The first and the last moment of a half-day.
    for (const atMs of [START_MS, START_MS + 12 * HOUR_MS - 1]) {
      const tenant = tenantAt(atMs);
      const request = { tokens_in: 10, idempotency_key: "k" };
      await tenant.consume(request);
      setNow(atMs + 24 * HOUR_MS - MINUTE_MS);
      expect(await tenant.consume(request)).toMatchObject({ replayed: true });
      setNow(atMs + 24 * HOUR_MS);
      expect(await tenant.consume(request)).toMatchObject({ replayed: true });
      setNow(atMs + 36 * HOUR_MS);
      expect(await tenant.consume(request)).not.toHaveProperty("replayed");
      expect((await tenant.usage()).calls).toBe(2);
    }
  });

  test("is replayed when the clock steps back over the half-day of its first use", async () => {
    const tenant = tenantAt(START_MS + 12 * HOUR_MS);
    const request = { tokens_in: 10, idempotency_key: "k" };
    await tenant.consume(request);
    setNow(START_MS + 12 * HOUR_MS - 1);
    expect(await tenant.consume(request)).toMatchObject({ replayed: true });
  });

  test("with another body, or for another operation, is an idempotency_mismatch", async () => {
    const tenant = tenantAt(START_MS);
    await tenant.consume({ tokens_in: 10, idempotency_key: "k" });
    const calls = [
      tenant.consume({ tokens_in: 11, idempotency_key: "k" }),
      tenant.consume({ tokens_in: 10, user_id: "alice", idempotency_key: "k" }),
      tenant.reserve({ tokens: 10, idempotency_key: "k" }),
      tenant.configure({}, { idempotency_key: "k" }),
    ];
    const refusals = await Promise.all(calls.map(refusalOf));
    expect(refusals.map(({ code }) => code)).toEqual(Array(4).fill("idempotency_mismatch"));
    expect(refusals[0]?.detail).toContain('the idempotency key "k" was used for another request');
    await evictDurableObject(tenant.object);
    expect((await refusalOf(tenant.consume({ tokens_in: 11, idempotency_key: "k" }))).code).toBe(
      "idempotency_mismatch",
    );
    expect(await tenant.usage()).toMatchObject({ tokens_in: 10, calls: 1 });
    expect((await tenant.config()).version).toBe(0);
  });

  test("with the same body in another order of fields is replayed", async () => {
    const tenant = tenantAt(START_MS);
    await tenant.consume({ tokens_in: 1, labels: { a: "1", b: "2" }, idempotency_key: "k" });
    const again = { idempotency_key: "k", labels: { b: "2", a: "1" }, tokens_in: 1, user_id: undefined };
    expect(await tenant.consume(again)).toMatchObject({ replayed: true });
  });

  test("counts if the key was used by another tenant", async () => {
    const [one, other] = [tenantAt(START_MS), newTenant()];
    await one.consume({ tokens_in: 1, idempotency_key: "k" });
    expect(await other.consume({ tokens_in: 2, idempotency_key: "k" })).not.toHaveProperty("replayed");
  });
});

test("concurrent writes under one idempotency_key have one effect, alone and in a batch", async () => {
  const tenant = tenantAt(START_MS);
  const request = { tokens: 10, idempotency_key: "k" };
  const answers = await Promise.all([1, 2, 3].map(() => tenant.reserve(request)));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(answers.map(({ replayed }) => replayed)).toEqual([undefined, true, true]);
  const consume = { op: "consume", tokens_in: 5, idempotency_key: "c" };
  const batch = await tenant.batch([consume, consume, { ...consume, tokens_in: 6 }]);
  expect(batch).toMatchObject([
    { ok: true },
    { ok: true, value: { replayed: true } },
    { ok: false, refusal: { code: "idempotency_mismatch" } },
  ]);
  expect(await tenant.usage()).toMatchObject({
    tokens_in: 5,
    calls: 1,
    held: { tokens: 10, reservations: 1 },
  });
});

test("a refusal is not stored: the same request is granted once it fits", async () => {
  const tenant = tenantAt(START_MS);
  await tenant.configure({ max_tokens: 10, max_cost_usd: 1 });
  const request = { tokens: 20, idempotency_key: "k" };
  expect((await refusalOf(tenant.reserve(request))).code).toBe("budget_exhausted");
  expect((await refusalOf(tenant.reserve({ tokens: 1, model: "no-such-model", idempotency_key: "p" }))).code).toBe(
    "unknown_model",
  );
  expect(await keysOf(tenant)).toEqual([]);
  await tenant.configure({ max_tokens: 20 });
  expect(await tenant.reserve(request)).not.toHaveProperty("replayed");
  expect(await tenant.reserve(request)).toMatchObject({ replayed: true, granted: { tokens: 20 } });
});

test("every write takes an idempotency_key", async () => {
  const tenant = tenantAt(START_MS);
  const [{ id }, other] = [await tenant.reserve({ tokens: 9 }), await tenant.reserve({ tokens: 9 })];
  const key = (name: string) => ({ idempotency_key: name });
  const writes = [
    { op: "consume", tokens_in: 100, ...key("consume") },
    { op: "reserve", tokens: 1, ...key("reserve") },
    { op: "extend", id, tokens: 1, ...key("extend") },
    { op: "commit", id, tokens_in: 3, ...key("commit") },
    { op: "release", id: other.id, ...key("release") },
    { op: "adjust", bucket: ALICE, tokens_in: 7, note: "missed", ...key("adjust") },
    { op: "set_limits", bucket: ALICE, limits: { max_tokens: 5 }, ...key("set_limits") },
    { op: "clear_limits", bucket: ALICE, ...key("clear_limits") },
    { op: "freeze", bucket: ALICE, ...key("freeze") },
    { op: "unfreeze", bucket: ALICE, ...key("unfreeze") },
    { op: "reset", bucket: ALICE, ...key("reset") },
    { op: "configure", config: { max_tokens: 1000 }, ...key("configure") },
    { op: "patch_config", patch: { max_calls: 10 }, ...key("patch_config") },
  ];
  const first = await tenant.batch(writes);
  expect(first.map(({ ok }) => ok)).toEqual(writes.map(() => true));
  const before = [await tenant.usage(), await tenant.config(), await ledgerOf(tenant)];
  await evictDurableObject(tenant.object);
  const again = await tenant.batch(writes);
  expect(again).toEqual(
    first.map((answer) => ({ ok: true, value: { ...(valueIn(answer) as object), replayed: true } })),
  );
  expect([await tenant.usage(), await tenant.config(), await ledgerOf(tenant)]).toEqual(before);
  expect(await keysOf(tenant)).toEqual(writes.map(({ op }) => op).toSorted());
});

test("idempotency keys are deleted by the alarm once they have expired, and no sooner", async () => {
  const tenant = tenantAt(START_MS);
  await tenant.consume({ idempotency_key: "old" });
  setNow(START_MS + 13 * HOUR_MS);
  await tenant.consume({ idempotency_key: "new" });
  // It runs at least every half-day, and keeps keys that have not expired.
  for (const hours of [14, 25, 35]) {
    await ring(tenant, START_MS + hours * HOUR_MS);
    expect(await keysOf(tenant)).toEqual(["new", "old"]);
  }
  const dueMs = await runInDurableObject(tenant.object, (_, { storage }) => storage.getAlarm());
  expect(dueMs).toBe(START_MS + 36 * HOUR_MS);
  await ring(tenant, START_MS + 36 * HOUR_MS);
  expect(await keysOf(tenant)).toEqual(["new"]);
  await evictDurableObject(tenant.object);
  await tenant.allowsStep();
  await ring(tenant, START_MS + 48 * HOUR_MS);
  expect(await keysOf(tenant)).toEqual([]);
});

test("thousands of idempotency keys are deleted a few hundred at a time", async () => {
  const tenant = tenantAt(START_MS);
  const consume = (i: number) => ({ op: "consume", idempotency_key: `${i}` });
  await tenant.batch(Array.from({ length: 1000 }, (_, i) => consume(i)));
  await tenant.batch(Array.from({ length: 200 }, (_, i) => consume(1000 + i)));
  const left: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    await ring(tenant, START_MS + 36 * HOUR_MS);
    left.push((await keysOf(tenant)).length);
  }
  expect(left).toEqual([700, 200, 0, 0]);
});
