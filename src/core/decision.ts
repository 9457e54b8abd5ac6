import { type Bucket, usedOf } from "./bucket.ts";
import { describeLimit, type Limit, type Scope } from "./limits.ts";
import type { Policy } from "./policy.ts";

/** The answer to "may I take the next step?" */
export interface Decision {
  /** `warn` lets the step through, as `ok` does. */
  readonly state: "ok" | "warn" | "blocked";
  /** For people: the limit's name where blocked, `tokens at 85%` where warned, else null. */
  readonly reason: string | null;
  /** For programs: the name of the limit that made the state, else null. */
  readonly limit: string | null;
}

const OK: Decision = { state: "ok", reason: null, limit: null };

/** These warn before all others, in this order, as in the original. */
const WARNED_FIRST = ["max_tokens", "max_cost_usd", "per_user_max_tokens", "per_user_max_cost_usd"];

/**
 * Decides the next step from the buckets that it would be charged to.
 *
 * Blocked where any limit has `used >= max`, the first in the policy's order wins; then warned where any has
 * reached the policy's share of its maximum; else ok. A scope without a bucket blocks nothing and warns of
 * nothing, not even under a limit of 0. Cost: one pass over the limits, nothing kept.
 */
export function decide(policy: Policy, buckets: Partial<Record<Scope, Bucket>>, nowMs: number): Decision {
  let warning: { limit: Limit; used: number; rank: number } | undefined;
  for (const limit of policy.limits) {
    const bucket = buckets[limit.scope];
    if (!bucket) continue;
    const used = usedOf(bucket, limit.metric, nowMs);
    if (used >= limit.max) return { state: "blocked", reason: limit.name, limit: limit.name };
    if (used / limit.max >= policy.softWarningAt) {
      const rank = warningRank(limit);
      if (!warning || rank < warning.rank) warning = { limit, used, rank };
    }
  }
  if (!warning) return OK;
  const { limit, used } = warning;
  return { state: "warn", reason: `${describeLimit(limit)} at ${formatPercent(used / limit.max)}`, limit: limit.name };
}

function warningRank(limit: Limit): number {
  const rank = WARNED_FIRST.indexOf(limit.name);
  return rank === -1 ? WARNED_FIRST.length : rank;
}

const WHOLE_HALF_EVEN = new Intl.NumberFormat("en-US", {
  maximumFractionDigits: 0,
  roundingMode: "halfEven",
  useGrouping: false,
});

/**
 * Formats a ratio as a whole percentage, half to even. The ratio is multiplied in floating point before it is
 * rounded, as Python's `%` format does, which decides the halves: 0.575 is 57%, since 0.575 × 100 < 57.5.
 */
function formatPercent(ratio: number): string {
  return `${WHOLE_HALF_EVEN.format(ratio * 100)}%`;
}
