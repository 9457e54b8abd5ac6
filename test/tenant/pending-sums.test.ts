/** Pending amounts stay exact when they are very large. */
import { describe, expect, test } from "vitest";
import { configured, refusalOf, useSetClock } from "./tenant.ts";

useSetClock();

const LARGE = { max_event_cost_usd: 1_000_000, max_event_tokens: 1_000_000_000_000 };

describe("pending amounts stay exact", () => {
  test("beyond 2^53 nano-USD, and are reported up to the ceiling", async () => {
    const tenant = await configured(LARGE);
    const reserve = async (cost_usd: number) => (await tenant.reserve({ cost_usd, ttl_seconds: 600 })).id;
    const ids: string[] = [];
    for (let i = 0; i < 10; i += 1) ids.push(await reserve(999_999.999999999));
    await reserve(0.000000001);
    expect((await tenant.usage()).held.cost_usd).toBe(Number.MAX_SAFE_INTEGER / 1e9);
    for (const id of ids) await tenant.release(id);
    expect((await tenant.usage()).held).toMatchObject({ cost_usd: 0.000000001, reservations: 1 });
    await tenant.configure({ ...LARGE, max_cost_usd: 0.000000005 });
    expect((await refusalOf(tenant.reserve({ cost_usd: 0.000000005 }))).decision?.limit).toBe("max_cost_usd");
    expect((await tenant.reserve({ cost_usd: 0.000000004 })).state).toBe("held");
  });

  test("for tokens too", async () => {
    const tenant = await configured(LARGE);
    await tenant.reserve({ tokens: 1, ttl_seconds: 600 });
    const { id } = await tenant.reserve({ tokens: 999_999_999_999, ttl_seconds: 600 });
    expect((await tenant.usage()).held.tokens).toBe(1_000_000_000_000);
    await tenant.release(id);
    expect((await tenant.usage()).held.tokens).toBe(1);
  });
});
