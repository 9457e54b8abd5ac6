/** The cost of lowering `max_users` below the number of existing buckets. */
import { setTimeout } from "node:timers/promises";
import type { Figure, Line } from "../line.ts";
import type { TenantClient } from "../tenant-client.ts";
import { waitsDuring, waitsWhenIdle } from "../waits.ts";
import { BOUND_TENANT, fillToBound, UNLIMITED } from "./new-user.ts";

const LOWERED_TO = 1000;
const POLL_MS = 50;
const WITHIN_MS = 120_000;

export const LOWER_BOUND: Line = {
  name: "lowering max_users to 1,000",
  grows: "buckets",
  sizes: [2000, 10_000, 100_000],
  async measure(stage, size) {
    await using service = await stage.serve(`lower-bound-${size}`);
    using client = await fillToBound(service, UNLIMITED, size);
    await waitsWhenIdle(service, BOUND_TENANT);
    let putMs = Number.NaN;
    const { tookMs, longestMs } = await waitsDuring(service, BOUND_TENANT, async () => {
      const startMs = performance.now();
      await client.call("PUT", "/config", { ...UNLIMITED, max_users: LOWERED_TO });
      putMs = performance.now() - startMs;
      await untilWithin(client, LOWERED_TO);
    });
    return [
      { operation: "PUT config", unit: "ms", value: putMs },
      { operation: "longest wait until all have gone", unit: "ms", value: longestMs },
      { operation: "all have gone after", unit: "ms", value: tookMs },
    ] satisfies Figure[];
  },
};

async function untilWithin(client: TenantClient, bound: number): Promise<void> {
  for (const deadline = Date.now() + WITHIN_MS; Date.now() < deadline; await setTimeout(POLL_MS)) {
    const { users } = await client.call<{ users: number }>("GET", "/tenant/usage");
    if (users <= bound) return;
  }
  throw new Error(`there were still more than ${bound} buckets after ${WITHIN_MS} ms`);
}
