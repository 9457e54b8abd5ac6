/** Limits that are set for a single bucket, and how many fit. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { TenantBudget } from "../../src/index.ts";
import { parseOperation } from "../../src/operations/index.ts";
import { valueIn } from "./object.ts";
import { configured, DAY_MS, HOUR_MS, refusalOf, START_MS, setNow, useSetClock } from "./tenant.ts";

useSetClock();

const ALICE = { scope: "user", id: "alice" };

test("a limit of undefined is treated as absent, before and after a restart", async () => {
  const tenant = await configured({ per_user_max_tokens: 10 });
  await tenant.consume({ user_id: "alice", tokens_in: 10 });
  await runInDurableObject(tenant.object, async (object: TenantBudget) => {
    valueIn(
      await object.run(
        parseOperation(
          "set_limits",
          { bucket: ALICE, limits: { max_tokens: undefined, max_calls: 5 }, edit: {} },
          undefined,
        ),
      ),
    );
    const config = { per_user_max_tokens: 10, max_tokens: undefined, timezone: undefined };
    valueIn(await object.run(parseOperation("configure", { config, edit: {} }, undefined)));
  });
  const standing = async () => [
    (await tenant.allowsStep({ user_id: "alice" })).limit,
    (await tenant.usageOf(ALICE)).limits.map(({ name }) => name),
    (await tenant.config()).config,
  ];
  const expected = ["per_user_max_tokens", ["per_user_max_tokens", "per_user_max_calls"], { per_user_max_tokens: 10 }];
  expect(await standing()).toEqual(expected);
  await evictDurableObject(tenant.object);
  expect(await standing()).toEqual(expected);
});

test("temporary limits and a freeze of a label's bucket count its calls until they expire, and no longer", async () => {
  const tenant = await configured();
  const model = { scope: "model", id: "m" };
  await tenant.freeze(model, { until: new Date(START_MS + HOUR_MS).toISOString() });
  await tenant.setLimits(model, { max_tokens: 9, expires_at: new Date(START_MS + 2 * HOUR_MS).toISOString() });
  setNow(START_MS + HOUR_MS);
  await tenant.consume({ labels: { model: "m" }, tokens_in: 1 });
  setNow(START_MS + DAY_MS);
  await tenant.consume({ labels: { model: "m" }, tokens_in: 1 });
  expect(await tenant.usageOf(model)).toMatchObject({ calls: 1, frozen: null, raise: null });
});

test("a configuration takes up to a hundred limits, and a bucket up to 25 of its own", async () => {
  const limits = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`max_calls_per_${i + 1}m`, 9]));
  const tenant = await configured(limits(100));
  await tenant.setLimits(ALICE, limits(25));
  expect(await refusalOf(tenant.setLimits(ALICE, limits(26)))).toMatchObject({
    code: "invalid_input",
    errors: [{ pointer: "/max_calls_per_26m", detail: "is one limit too many: up to 25 can be set" }],
  });
  expect(await refusalOf(tenant.configure(limits(101)))).toMatchObject({
    code: "invalid_input",
    errors: [{ pointer: "/max_calls_per_101m", detail: "is one limit too many: up to 100 can be set" }],
  });
});
