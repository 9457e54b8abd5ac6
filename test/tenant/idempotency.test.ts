import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { newTenant, setNow, valueIn } from "./tenant.ts";

const START_MS = Date.UTC(2040, 0, 1);
const HOUR_MS = 3_600_000;
const SPEND = { user_id: "alice", tokens_in: 5, labels: { run: "r", team: "t" }, idempotency_key: "k" };

beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
beforeEach(() => setNow(START_MS));
afterAll(() => void vi.useRealTimers());

test("a request that comes again within a day is answered as the first time, and has no further effect", async () => {
  const tenant = newTenant();
  valueIn(await tenant.configure({ max_tokens: 100 }));
  const first = valueIn(await tenant.consume(SPEND));
  valueIn(await tenant.consume({ tokens_in: 50 }));
  await evictDurableObject(tenant);
  setNow(START_MS + 24 * HOUR_MS - 1);
  const again = valueIn(await tenant.consume({ ...SPEND, labels: { team: "t", run: "r" } }));
  expect(again).toEqual({ ...first, replayed: true });
  expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 55, calls: 2 });
});

test("another request under the same key is refused, another operation too", async () => {
  const tenant = newTenant();
  valueIn(await tenant.consume(SPEND));
  expect(await tenant.consume({ ...SPEND, tokens_in: 6 })).toMatchObject({ refusal: { code: "idempotency_mismatch" } });
  expect(await tenant.reserve({ tokens: 5, idempotency_key: "k" })).toMatchObject({
    refusal: { code: "idempotency_mismatch" },
  });
  expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 5, calls: 1 });
});

test("of two at once, one takes effect", async () => {
  const tenant = newTenant();
  const answers = await Promise.all([tenant.consume(SPEND), tenant.consume(SPEND), tenant.consume(SPEND)]);
  expect(answers.map((answer) => valueIn(answer).replayed)).toEqual([undefined, true, true]);
  expect(valueIn(await tenant.usage()).calls).toBe(1);
});

test("a refusal is not kept, since the same request can be granted later", async () => {
  const tenant = newTenant();
  valueIn(await tenant.configure({ max_tokens: 10 }));
  const ask = { tokens: 20, idempotency_key: "k" };
  expect((await tenant.reserve(ask)).ok).toBe(false);
  valueIn(await tenant.configure({ max_tokens: 30 }));
  const granted = valueIn(await tenant.reserve(ask));
  expect(granted.replayed).toBeUndefined();
  expect(valueIn(await tenant.reserve(ask))).toEqual({ ...granted, replayed: true });
  expect(valueIn(await tenant.usage()).held.reservations).toBe(1);
});

test("keys are forgotten by the alarm once 36 hours are over at the latest", async () => {
  const tenant = newTenant();
  for (let i = 0; i < 3; i += 1) valueIn(await tenant.consume({ ...SPEND, idempotency_key: `k-${i}` }));
  const kept = () =>
    runInDurableObject(tenant, (_, { storage }) => storage.sql.exec("SELECT key FROM idempotency").toArray().length);
  for (let hours = 13; hours <= 35; hours += 11) {
    setNow(START_MS + hours * HOUR_MS);
    await runDurableObjectAlarm(tenant);
    expect(await kept()).toBe(3);
  }
  setNow(START_MS + 48 * HOUR_MS);
  await runDurableObjectAlarm(tenant);
  expect(await kept()).toBe(0);
  expect(valueIn(await tenant.consume({ ...SPEND, idempotency_key: "k-0" })).replayed).toBeUndefined();
});
