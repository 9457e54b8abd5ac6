/** The shapes of what is stored: a tenant stored by an earlier version opens unchanged. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { configured, START_MS, setNow, type Tenant, useSetClock } from "./tenant.ts";

useSetClock();

const ALICE = { scope: "user", id: "alice" };

function rowsOf(tenant: Tenant, query: string): Promise<Record<string, SqlStorageValue>[]> {
  return runInDurableObject(tenant.object, (_, { storage }) => storage.sql.exec(query).toArray());
}

test("a reservation's row", async () => {
  const tenant = await configured();
  const { id } = await tenant.reserve({ user_id: "alice", tokens: 5, cost_usd: 0.5, ttl_seconds: 60 });
  const amounts = {
    ...{ tokens: 5, inputTokens: 0, outputTokens: 0 },
    ...{ costNanoUsd: 500_000_000, calls: 1, concurrentCalls: 1 },
  };
  const [row] = await rowsOf(tenant, "SELECT id, state, hold FROM reservation");
  expect({ ...row, hold: JSON.parse(`${row?.hold}`) }).toEqual({
    id,
    state: "held",
    hold: {
      id,
      subject: { userId: "alice", labels: {} },
      state: "held",
      granted: amounts,
      held: amounts,
      onExpiry: "release",
      spent: expect.objectContaining({ inputTokens: 0, outputTokens: 0, costNanoUsd: 0, calls: 0 }),
      estimated: null,
      late: false,
      createdAtMs: START_MS,
      expiresAtMs: START_MS + 60_000,
      settledAtMs: null,
    },
  });
  await evictDurableObject(tenant.object);
  expect(await tenant.reservation(id)).toMatchObject({ state: "held", held: { tokens: 5, cost_usd: 0.5 } });
});

test.each<[string, (tenant: Tenant) => Promise<object>, object]>([
  [
    "adjust",
    (tenant) => tenant.adjust(ALICE, { tokens_in: 1, note: "n", idempotency_key: "k" }),
    {
      op: "adjust",
      key: { scope: "user", subject: "alice" },
      request: { tokens_in: 1, note: "n", idempotency_key: "k" },
    },
  ],
  [
    "set_limits",
    (tenant) => tenant.setLimits(ALICE, { max_calls: 1 }, { author: null, idempotency_key: "k" }),
    {
      ...{ op: "set_limits", key: { scope: "user", subject: "alice" }, request: { max_calls: 1 } },
      edit: { author: null, idempotency_key: "k" },
    },
  ],
  [
    "configure",
    (tenant) => tenant.configure({ max_calls: 1 }, { author: "ops", idempotency_key: "k" }),
    { op: "configure", config: { max_calls: 1 }, edit: { author: "ops", idempotency_key: "k" } },
  ],
  [
    "consume",
    (tenant) => tenant.consume({ tokens_in: 1, detail: true, idempotency_key: "k" }),
    { op: "consume", request: { tokens_in: 1, idempotency_key: "k" } },
  ],
])("the request under an idempotency_key: %s", async (_, call, stored) => {
  const tenant = await configured();
  await call(tenant);
  const [row] = await rowsOf(tenant, "SELECT request FROM idempotency");
  const [request] = `${row?.request}`.split("\n");
  expect(JSON.parse(`${request}`)).toEqual([stored, null]);
  setNow(START_MS + 1000);
  await evictDurableObject(tenant.object);
  expect(await call(tenant)).toMatchObject({ replayed: true });
});

test("what is set for a bucket", async () => {
  const tenant = await configured();
  await tenant.setLimits(ALICE, { max_calls: 1 });
  await tenant.setLimits(ALICE, { max_calls: 2, expires_at: "2040-01-02T00:00:00Z" });
  await tenant.freeze(ALICE, { until: "2040-01-02T00:00:00Z" });
  expect(await rowsOf(tenant, "SELECT * FROM control")).toEqual([
    {
      scope: "user",
      subject: "alice",
      overridden: '{"max_calls":1}',
      raised: `{"maxima":{"max_calls":2},"untilMs":${START_MS + 86_400_000}}`,
      frozen: `{"untilMs":${START_MS + 86_400_000}}`,
    },
  ]);
});
