/** Readings of limits: how much of each is used, pending and left, and when that changes. */
import { type BucketKey, slotsOf } from "./bucket.ts";
import { emptyAt, fallsBelowAt } from "./counter.ts";
import type { Limit } from "./limits.ts";
import type { Metric } from "./metrics.ts";
import { type BucketView, limitsOf } from "./overrides.ts";
import { NOTHING_PENDING, type Pending } from "./pending.ts";
import type { Policy } from "./policy.ts";
import { type Amounts, isNothing } from "./usage.ts";
import { slotStart } from "./window.ts";

/** One limit as of now. Amounts are in the metric's inner unit, times in epoch milliseconds. */
export interface Reading {
  /** The bucket that the limit applies to. */
  readonly key: BucketKey;
  readonly limit: Limit;
  readonly used: number;
  /** How many calls a limit of cost counts without a known cost; 0 for any other metric. */
  readonly unpricedCalls: number;
  /** The pending amount of open reservations. */
  readonly pending: number;
  /** False if the bucket does not exist yet and has no open reservation: then the limit does not warn. */
  readonly counts: boolean;
  /** True if the limit does not block. */
  readonly shadow: boolean;
  /** True if nothing is left, or less than the estimate; a limit that is not in shadow then blocks. */
  readonly exhausted: boolean;
  /** When nothing that is counted now will count any more; null if it counts forever or nothing is counted. */
  readonly resetsAtMs: number | null;
  /** When an exhausted limit no longer will be, if nothing more is spent; null for never. */
  readonly liftsAtMs: number | null;
  /** When a running wall clock will have run out; null for any other metric. */
  readonly runsOutAtMs: number | null;
}

/** What is asked of a decision. */
export interface Question {
  /** The most that the step may consume. */
  readonly estimate?: Pending | undefined;
  /** True for an extension of a reservation, which a maximum that is reached exactly does not block. */
  readonly isMore?: boolean | undefined;
  /** True for a step whose model costs nothing, which no limit of cost blocks. Called only for a limit of cost. */
  readonly isFree?: (() => boolean) | undefined;
  /** When the next open reservation expires, in epoch milliseconds; null if none is open. */
  readonly nextExpiryMs?: number | null;
}

/** Reads the limits that are in force at `limitsAtMs` as of now, in the order they are checked. */
export function readLimits(
  policy: Policy,
  views: readonly BucketView[],
  limitsAtMs: number,
  nowMs: number,
  question: Question,
): Reading[] {
  const readings: Reading[] = [];
  for (const view of views) {
    for (const limit of limitsOf(policy, view, limitsAtMs)) {
      readings.push(readLimit(policy, limit, view, nowMs, question));
    }
  }
  return readings;
}

function readLimit(
  policy: Policy,
  limit: Limit,
  { key, bucket, pending: reserved, due }: BucketView,
  nowMs: number,
  { estimate = NOTHING_PENDING, isMore = false, isFree = () => false, nextExpiryMs = null }: Question,
): Reading {
  const { window, metric, max } = limit;
  const { calendar } = policy;
  const pending = measurePending(reserved, metric);
  const asked = measurePending(estimate, metric);
  const dueUsed = measure(due, metric, 0);
  const unpricedIn = (amounts: Amounts) => (metric === "cost_usd" ? amounts.unpricedCalls : 0);
  const exists = bucket !== undefined || !isNothing(due);
  const counts = exists || reserved.concurrentCalls > 0;
  /** The least amount that leaves nothing for the step. Amounts are whole in their inner units. */
  const full = isMore && metric !== "wall_clock" ? max + 1 : max;
  const isCounted = metric !== "cost_usd" || !isFree();
  const isOver = (used: number) => isCounted && ((counts && used + pending >= full) || used + pending + asked > max);
  /** True if the step fits once nothing is pending. A bucket that does not exist blocks only what exceeds the maximum. */
  const fits = (used: number) => (!exists || used < full) && used + asked <= max;
  const reading = { key, limit, pending, counts, shadow: policy.isShadow(limit.name), runsOutAtMs: null };
  if (window.kind === "lifetime") {
    // A bucket that due charges are about to create starts its clock now.
    const startedAtMs = bucket?.startedAtMs ?? nowMs;
    const elapsedMs = Math.max(0, nowMs - startedAtMs);
    const runsOutAtMs = metric === "wall_clock" && exists ? startedAtMs + max : null;
    const used = (bucket ? measure(bucket.usage, metric, elapsedMs) : 0) + dueUsed;
    const exhausted = isOver(used);
    const lifts = exhausted && reserved.concurrentCalls > 0 && fits(used);
    const unpricedCalls = (bucket ? unpricedIn(bucket.usage) : 0) + unpricedIn(due);
    const liftsAtMs = lifts ? nextExpiryMs : null;
    return { ...reading, used, unpricedCalls, exhausted, resetsAtMs: null, liftsAtMs, runsOutAtMs };
  }
  const slots = bucket ? slotsOf(bucket, window, nowMs, calendar) : [];
  const measureSlot = (amounts: Amounts) => measure(amounts, metric, 0);
  // A due charge counts from now on, as if it was spent now.
  const hasDue = dueUsed > 0 || unpricedIn(due) > 0;
  const dated = hasDue ? [...slots, { ...due, atMs: slotStart(window, nowMs) }] : slots;
  const used = dated.reduce((sum, slot) => sum + measureSlot(slot), 0);
  const unpricedCalls = dated.reduce((sum, slot) => sum + unpricedIn(slot), 0);
  const exhausted = isOver(used);
  const resetsAtMs = emptyAt(dated, window, nowMs, calendar);
  if (!exhausted) return { ...reading, used, unpricedCalls, exhausted, resetsAtMs, liftsAtMs: null };
  /** When less than this is counted: now, if that is so already. */
  const belowAt = (threshold: number) => {
    if (threshold <= 0) return null;
    return used < threshold ? nowMs : fallsBelowAt(dated, threshold, measureSlot, window, nowMs, calendar);
  };
  const threshold = Math.min(full, max - asked + 1);
  const withPending = belowAt(threshold - pending);
  const withoutPending = fits(used) ? nowMs : belowAt(threshold);
  const hasPending = reserved.concurrentCalls > 0 && nextExpiryMs !== null;
  const afterExpiry = hasPending && withoutPending !== null ? Math.max(withoutPending, nextExpiryMs) : null;
  const liftsAtMs = withPending === null ? afterExpiry : Math.min(withPending, afterExpiry ?? withPending);
  return { ...reading, used, unpricedCalls, exhausted, resetsAtMs, liftsAtMs };
}

/** The amount of a metric, in its inner unit, in what was spent over an elapsed time. */
function measure(spent: Amounts, metric: Metric, elapsedMs: number): number {
  switch (metric) {
    case "tokens":
      return spent.inputTokens + spent.outputTokens;
    case "input_tokens":
      return spent.inputTokens;
    case "output_tokens":
      return spent.outputTokens;
    case "cost_usd":
      return spent.costNanoUsd;
    case "calls":
      return spent.calls;
    case "wall_clock":
      return elapsedMs;
    case "concurrent_calls":
      return 0;
  }
}

/** The amount of a metric, in its inner unit, in pending amounts or an estimate. */
export function measurePending(pending: Pending, metric: Metric): number {
  switch (metric) {
    case "tokens":
      return pending.tokens;
    case "input_tokens":
      return pending.inputTokens;
    case "output_tokens":
      return pending.outputTokens;
    case "cost_usd":
      return pending.costNanoUsd;
    case "calls":
      return pending.calls;
    case "concurrent_calls":
      return pending.concurrentCalls;
    case "wall_clock":
      return 0;
  }
}
