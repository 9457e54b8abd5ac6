/** Refusals for the same reason share a ledger entry. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { configured, ledgerOf, MINUTE_MS, START_MS, setNow, useSetClock } from "./tenant.ts";

useSetClock();

const refused = (user_id: string, count: number) =>
  Array.from({ length: count }, () => ({ op: "reserve", user_id, tokens: 11 }));

test("refusals of one user for one reason share an entry within a minute", async () => {
  const tenant = await configured({ max_tokens: 10 });
  const refusals = async () =>
    (await ledgerOf(tenant, { kind: "refusal" })).map(({ user_id, times = 1 }) => [user_id, times]);
  await tenant.batch([...refused("alice", 500), ...refused("bob", 1), ...refused("alice", 499)]);
  expect(await refusals()).toEqual([
    ["alice", 999],
    ["bob", 1],
  ]);
  setNow(START_MS + MINUTE_MS - 1);
  await tenant.batch([...refused("bob", 2), ...refused("alice", 1)]);
  expect(await refusals()).toEqual([
    ["alice", 1000],
    ["bob", 3],
  ]);
  setNow(START_MS + MINUTE_MS);
  await tenant.batch(refused("alice", 2));
  await evictDurableObject(tenant.object);
  await tenant.batch(refused("alice", 1));
  expect(await refusals()).toEqual([
    ["alice", 1000],
    ["bob", 3],
    ["alice", 2],
    ["alice", 1],
  ]);
  const [row] = await runInDurableObject(tenant.object, (_, { storage }) =>
    storage.sql.exec("SELECT sum(length(entries)) AS length FROM ledger").toArray(),
  );
  expect(row?.length).toBeLessThan(2000);
});

test("another reason, model or reservation has an entry of its own", async () => {
  const tenant = await configured({ max_tokens: 10, per_model_max_calls: 0 });
  await tenant.batch([
    { op: "reserve", tokens: 11 },
    { op: "reserve", tokens: 11, labels: { model: "m" } },
    { op: "reserve", labels: { model: "m" } },
    { op: "reserve", tokens: 11 },
  ]);
  const told = await ledgerOf(tenant, { kind: "refusal" });
  expect(told.map(({ reason, times }) => [reason, times])).toEqual([
    ["max_tokens", 2],
    ["max_tokens", undefined],
    ["per_model_max_calls", undefined],
  ]);
});
