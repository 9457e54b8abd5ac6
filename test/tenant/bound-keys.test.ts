/** Callers with different bindings do not share idempotency keys. */
import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Caller, Operation } from "../../src/operations/index.ts";
import { refusalOf, START_MS, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

const ALICE: Caller = { jti: "a", user: "alice" };
const consume = (tokens_in: number): Operation<"consume"> => ({
  op: "consume",
  request: { user_id: "alice", tokens_in, idempotency_key: "k" },
});

test("another caller's report under a bound caller's idempotency_key is counted", async () => {
  const tenant = tenantAt(START_MS);
  await tenant.run(consume(1), ALICE);
  expect(await tenant.run(consume(10))).not.toHaveProperty("replayed");
  expect(await tenant.run(consume(1), { jti: "r", labels: { team: "red" } })).not.toHaveProperty("replayed");
  expect(await tenant.run(consume(1), { ...ALICE, labels: { team: "red" } })).not.toHaveProperty("replayed");
  expect((await tenant.usage()).tokens_in).toBe(13);
});

test("a bound caller does not get the stored answer of a caller with another binding", async () => {
  const tenant = tenantAt(START_MS);
  const request = { tokens: 1, labels: { team: "red" }, detail: true, idempotency_key: "k" };
  const { id } = await tenant.reserve(request);
  const red = await tenant.run({ op: "reserve", request }, { jti: "r", labels: { team: "red" } });
  expect(red).not.toHaveProperty("replayed");
  expect(red.id).not.toBe(id);
});

test("a bound caller's retry gets the stored answer with any of its tokens", async () => {
  const tenant = tenantAt(START_MS);
  await tenant.run(consume(1), ALICE);
  await evictDurableObject(tenant.object);
  expect(await tenant.run(consume(1), { ...ALICE, jti: "b" })).toMatchObject({ replayed: true });
  expect((await refusalOf(tenant.run(consume(2), ALICE))).detail).toContain('the idempotency key "k" was used');
  expect((await tenant.usage()).tokens_in).toBe(1);
});
