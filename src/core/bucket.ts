import type { Metric, Scope } from "./limits.ts";
import { NO_USAGE, type Usage } from "./usage.ts";

/** Whose bucket it is. The tenant has one; the anonymous user's `subject` is null. */
export interface BucketKey {
  readonly scope: Scope;
  readonly subject: string | null;
}

/** The running totals of one subject of a scope. Times are epoch milliseconds. */
export interface Bucket extends BucketKey {
  usage: Usage;
  /** When its wall clock started: the tenant's creation, a user's first consume. */
  readonly startedAtMs: number;
  /** When it was last read or charged: what the idle rule goes by. */
  touchedAtMs: number;
  /** Its place in the order of touches: what the LRU rule goes by, exact within a millisecond. */
  touchedSeq: number;
}

export const TENANT_KEY: BucketKey = { scope: "tenant", subject: null };

export function userKey(userId: string | null | undefined): BucketKey {
  return { scope: "user", subject: userId ?? null };
}

export function newBucket(key: BucketKey, nowMs: number): Bucket {
  return { ...key, usage: NO_USAGE, startedAtMs: nowMs, touchedAtMs: nowMs, touchedSeq: 0 };
}

/** What a bucket has used of a metric, in the metric's inner unit. */
export function usedOf(bucket: Bucket, metric: Metric, nowMs: number): number {
  switch (metric) {
    case "tokens":
      return bucket.usage.inputTokens + bucket.usage.outputTokens;
    case "input_tokens":
      return bucket.usage.inputTokens;
    case "output_tokens":
      return bucket.usage.outputTokens;
    case "cost_usd":
      return bucket.usage.costNanoUsd;
    case "calls":
      return bucket.usage.calls;
    case "wall_clock":
      return Math.max(0, nowMs - bucket.startedAtMs);
  }
}
