import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { TenantBudget } from "../../src/index.ts";
import { configured, DAY_MS, HOUR_MS, refusalIn, START_MS, setNow, useSetClock, valueIn } from "./tenant.ts";

useSetClock();

const ALICE = { scope: "user", subject: "alice" };

test("a limit of undefined is as if it were absent, before a restart and after it", async () => {
  const tenant = await configured({ per_user_max_tokens: 10 });
  valueIn(await tenant.consume({ user_id: "alice", tokens_in: 10 }));
  await runInDurableObject(tenant, async (object: TenantBudget) => {
    valueIn(await object.setLimits(ALICE, { max_tokens: undefined, max_calls: 5 }));
    valueIn(await object.configure({ per_user_max_tokens: 10, max_tokens: undefined, timezone: undefined }));
  });
  const standing = async () => [
    valueIn(await tenant.allowsStep({ user_id: "alice" })).limit,
    valueIn(await tenant.usageOf(ALICE)).limits.map(({ name }) => name),
    valueIn(await tenant.config()).config,
  ];
  const expected = ["per_user_max_tokens", ["per_user_max_tokens", "per_user_max_calls"], { per_user_max_tokens: 10 }];
  expect(await standing()).toEqual(expected);
  await evictDurableObject(tenant);
  expect(await standing()).toEqual(expected);
});

test("what was set for a label for a time keeps its bucket charged until it ends, and no longer", async () => {
  const tenant = await configured();
  const model = { scope: "model", subject: "m" };
  valueIn(await tenant.freeze(model, { until: new Date(START_MS + HOUR_MS).toISOString() }));
  valueIn(await tenant.setLimits(model, { max_tokens: 9, expires_at: new Date(START_MS + 2 * HOUR_MS).toISOString() }));
  setNow(START_MS + HOUR_MS);
  valueIn(await tenant.consume({ labels: { model: "m" }, tokens_in: 1 }));
  setNow(START_MS + DAY_MS);
  valueIn(await tenant.consume({ labels: { model: "m" }, tokens_in: 1 }));
  expect(valueIn(await tenant.usageOf(model))).toMatchObject({ calls: 1, frozen: null, raise: null });
});

test("a configuration, and a bucket, take up to a hundred limits", async () => {
  const limits = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`max_calls_per_${i + 1}m`, 9]));
  const tenant = await configured(limits(100));
  valueIn(await tenant.setLimits(ALICE, limits(100)));
  expect(refusalIn(await tenant.configure(limits(101)))).toMatchObject({
    code: "invalid_input",
    errors: [{ pointer: "/max_calls_per_101m", detail: "is one limit too many: up to 100 can be set" }],
  });
});
