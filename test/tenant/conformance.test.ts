/** The object answers as the original does, with and without evictions. */
import { evictDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { CASES, type Case, expectAnswer } from "../vectors.ts";
import type { TenantObject } from "./object.ts";
import { originalTenant, setNow } from "./tenant.ts";

const START_MS = Date.UTC(2026, 0, 1);

beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

/** Runs a case on a new object; `afterConsume` runs after each write. */
async function run({ config, options, steps }: Case, afterConsume: (object: TenantObject) => Promise<void>) {
  const tenant = originalTenant();
  setNow(START_MS);
  await tenant.configure({ max_users: 100_000, user_idle_ttl_seconds: 86_400, ...config, ...options });
  for (const step of steps) {
    setNow(START_MS + step.at * 1000);
    if (step.op === "consume") {
      const { user_id, tokens_in, tokens_out, cost_usd } = step;
      await tenant.consume({ user_id, tokens_in, tokens_out, cost_usd });
      await afterConsume(tenant.object);
    } else if (step.op === "allows_step") {
      expectAnswer(step, await tenant.allowsStep({ user_id: step.user_id }));
    } else {
      expectAnswer(step, await tenant.usageFor(step.user_id ?? null));
    }
  }
}

describe("the object answers as the original", () => {
  test.each(CASES)("$name", async (each) => {
    await run(each, async () => {});
  });
});

describe("the object answers as the original with an eviction after every write", () => {
  test.each(CASES)("$name", async (each) => {
    await run(each, evictDurableObject);
  });
});
