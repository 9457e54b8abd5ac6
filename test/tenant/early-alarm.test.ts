/** An alarm that runs before it is due is set again. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { TenantBudget } from "../../src/index.ts";
import { MINUTE_MS, ring, SECOND_MS, START_MS, setNow, type Tenant, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

const alarmOf = (tenant: Tenant) => runInDurableObject(tenant.object, (_, { storage }) => storage.getAlarm());

/** Calls the alarm that was set for a minute after the start, as the platform does. */
function goOff(tenant: Tenant): Promise<void> {
  return runInDurableObject(tenant.object, async (object: TenantBudget, { storage }) => {
    await storage.deleteAlarm();
    await object.alarm({ scheduledTime: START_MS + MINUTE_MS, isRetry: false, retryCount: 0 });
  });
}

test("an alarm that runs early, by a clock that is behind, is set again after a wait until it is due", async () => {
  const tenant = tenantAt(START_MS);
  await tenant.reserve({ tokens: 6, on_expiry: "charge" });
  setNow(START_MS + 58 * SECOND_MS);
  await goOff(tenant);
  expect(await alarmOf(tenant)).toBe(START_MS + 60 * SECOND_MS);
  setNow(START_MS + 59_900);
  await goOff(tenant);
  expect(await alarmOf(tenant)).toBe(START_MS + 60_900);
  await ring(tenant, START_MS + 60_900);
  expect((await tenant.usage()).tokens_total).toBe(6);
});

test("by a clock that is far behind, it runs once a minute", async () => {
  const tenant = tenantAt(START_MS);
  await tenant.reserve({ tokens: 6 });
  setNow(START_MS - 3600 * SECOND_MS);
  await goOff(tenant);
  expect(await alarmOf(tenant)).toBe(START_MS - 3600 * SECOND_MS + MINUTE_MS);
});
