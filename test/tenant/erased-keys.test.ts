/** What an erasure does to idempotency keys and their stored answers. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { valueIn } from "./object.ts";
import { HOUR_MS, refusalOf, ring, START_MS, setNow, type Tenant, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

const erase = (tenant: Tenant, userId: string) => tenant.run({ op: "erase_user", id: userId, pseudonym: "erased-1" });

const keysIn = (tenant: Tenant) =>
  runInDurableObject(tenant.object, (_, { storage }) =>
    storage.sql.exec<{ key: string }>("SELECT * FROM idempotency").toArray(),
  );

test("an erasure keeps others' idempotency keys, whatever text their answers have", async () => {
  const tenant = tenantAt(START_MS);
  const request = { user_id: "bob", tokens_in: 10, idempotency_key: "k" };
  await tenant.consume(request);
  await erase(tenant, "ok");
  expect(await tenant.consume(request)).toMatchObject({ replayed: true, state: "ok" });
  expect((await tenant.usage()).tokens_in).toBe(10);
});

test("an erased user's retry counts once, and nothing stored names the user", async () => {
  const tenant = tenantAt(START_MS);
  const key = (n: number) => ({ idempotency_key: `alice@example.com-${n}` });
  const user_id = "alice@example.com";
  const { id } = await tenant.reserve({ user_id, tokens: 5, ...key(1) });
  const bucket = { scope: "user", id: user_id };
  const writes = [
    { op: "reserve", user_id, tokens: 5, ...key(1) },
    { op: "consume", user_id, tokens_in: 1, ...key(2) },
    { op: "commit", id, tokens_in: 2, ...key(3) },
    { op: "freeze", bucket, ...key(4) },
  ];
  await tenant.batch(writes);
  await tenant.run({ op: "allows_step", request: {} }, { jti: "t", user: user_id });
  await erase(tenant, user_id);
  await ring(tenant, START_MS);
  const stored = await keysIn(tenant);
  expect(stored).toHaveLength(4);
  expect(JSON.stringify(stored)).not.toContain("alice");
  await evictDurableObject(tenant.object);
  const again = (await tenant.batch(writes)).map(valueIn);
  expect(again).toMatchObject([
    { replayed: true, id, user_id: "erased-1" },
    { replayed: true, state: "ok" },
    { replayed: true, id, user_id: "erased-1" },
    { replayed: true, scope: "user", id: "erased-1" },
  ]);
  expect(await tenant.usage()).toMatchObject({ tokens_in: 3, calls: 2 });
  expect((await refusalOf(tenant.consume({ user_id, tokens_in: 2, ...key(2) }))).code).toBe("idempotency_mismatch");
});

test("a hashed idempotency key expires like any other", async () => {
  const tenant = tenantAt(START_MS);
  await tenant.consume({ user_id: "alice", tokens_in: 1, idempotency_key: "k" });
  await erase(tenant, "alice");
  await ring(tenant, START_MS + 36 * HOUR_MS);
  expect(await keysIn(tenant)).toEqual([]);
  setNow(START_MS + 37 * HOUR_MS);
  expect(await tenant.consume({ user_id: "alice", tokens_in: 1, idempotency_key: "k" })).not.toHaveProperty("replayed");
});
