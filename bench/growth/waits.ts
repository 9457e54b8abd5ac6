/** How long a tenant's calls wait while other work is going on. */
import { setTimeout } from "node:timers/promises";
import type { Service } from "../serve.ts";
import { TenantClient } from "./tenant-client.ts";

/** How long a probe pauses between two calls, so that it loads the service only a little. */
const PAUSE_MS = 2;
/** How long the probes run before anything is measured, so that no cold code is. */
const WARM_UP_MS = 500;

const PROBES = [
  { path: "/allows-step", body: { user_id: "probe" } },
  { path: "/consume", body: { user_id: "probe", tokens_in: 1 } },
] as const;

/** How long some work took, and the longest that another call waited meanwhile. */
export interface Waits {
  readonly tookMs: number;
  readonly longestMs: number;
}

/**
 * Sends `allows-step` and `consume` to a tenant while some work goes on, each over a connection of its own. The
 * connections are new: the service closes those that were idle for seconds.
 */
export async function waitsDuring(service: Service, tenant: string, work: () => Promise<unknown>): Promise<Waits> {
  let isDone = false;
  let longestMs = 0;
  const probe = async ({ path, body }: (typeof PROBES)[number]) => {
    using client = await TenantClient.open(service, tenant);
    while (!isDone) {
      const startMs = performance.now();
      await client.call("POST", path, body);
      longestMs = Math.max(longestMs, performance.now() - startMs);
      await setTimeout(PAUSE_MS);
    }
  };
  const startMs = performance.now();
  const timed = async () => {
    try {
      await work();
      return performance.now() - startMs;
    } finally {
      isDone = true;
    }
  };
  const [tookMs] = await Promise.all([timed(), ...PROBES.map(probe)]);
  return { tookMs, longestMs };
}

/** Sends the same calls for a while, and returns how long they waited at the most. */
export async function waitsWhenIdle(service: Service, tenant: string, milliseconds = WARM_UP_MS): Promise<Waits> {
  return waitsDuring(service, tenant, () => setTimeout(milliseconds));
}
