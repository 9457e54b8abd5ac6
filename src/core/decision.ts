import { type BucketKey, slotsOf } from "./bucket.ts";
import { emptyAt, fallsBelowAt } from "./counter.ts";
import { describeLimit, type Limit } from "./limits.ts";
import type { Metric } from "./metrics.ts";
import { type BucketView, isFrozen, limitsOf } from "./overrides.ts";
import { NOTHING_PENDING, type Pending } from "./pending.ts";
import type { Policy } from "./policy.ts";
import { type Amounts, isNothing } from "./usage.ts";
import { slotStart } from "./window.ts";

/** How one limit stands. Amounts are in the metric's inner unit, times in epoch milliseconds. */
export interface Reading {
  /** Whose limit it is. */
  readonly key: BucketKey;
  readonly limit: Limit;
  readonly used: number;
  /** What live holds keep. */
  readonly pending: number;
  /** False where its bucket does not exist yet and holds nothing, so that it neither blocks nor warns. */
  readonly counts: boolean;
  /** True where it does not block. */
  readonly shadow: boolean;
  /** True where it would block, were it not a shadow: nothing is left of it, or not what the estimate asks for. */
  readonly exhausted: boolean;
  /** When nothing that is counted now will count any more; null where that never comes, or nothing is counted. */
  readonly resetsAtMs: number | null;
  /** Where it is exhausted, when it no longer will be if nothing more is spent; null for never. */
  readonly liftsAtMs: number | null;
  /** Of a wall clock that runs: when it will have run out; null of any other. */
  readonly runsOutAtMs: number | null;
}

/** The answer to "may I take the next step?" */
export interface Decision {
  /** `warn` lets the step through, as `ok` does. */
  readonly state: "ok" | "warn" | "blocked";
  /** For people: `frozen` or the limit's name where blocked, `tokens at 85%` where warned, else null. */
  readonly reason: string | null;
  /** For programs: the name of the limit that made the state, else null. */
  readonly limit: string | null;
  /** The first limit that would have blocked, were it not a shadow. */
  readonly wouldBlock: string | null;
  /** When a blocked step will be let through if nothing more is spent; null for never, or where it is not blocked. */
  readonly retryAtMs: number | null;
  /** Every limit that applies, in the order they are checked. */
  readonly readings: readonly Reading[];
}

/** What a decision is asked beside whether anything is left. */
export interface Question {
  /** What the step may come to; it must fit as well. */
  readonly estimate?: Pending | undefined;
  /** True where the step is one that holds something already and asks for more: a maximum that is just reached is no block. */
  readonly isMore?: boolean | undefined;
  /** When the first live hold ends, in epoch milliseconds; null where none lives. */
  readonly nextExpiryMs?: number | null;
}

/** These warn before all others, in this order, as in the original. */
const WARNED_FIRST = ["max_tokens", "max_cost_usd", "per_user_max_tokens", "per_user_max_cost_usd"];

/**
 * Decides the next step from the views that it would be charged to, which come in the order of their scopes.
 *
 * Blocked where any of them is frozen, or any limit that is not a shadow has `used + held >= max`, the first one wins;
 * then warned where any limit has reached the policy's share of its maximum; else ok. An view without a bucket
 * blocks nothing and warns of nothing, not even under a limit of 0. With an estimate also blocked where
 * `used + held + estimate > max`, for which a bucket that does not exist has used nothing; a step that asks for more
 * than it holds already is blocked by that alone. Cost: one pass over the limits, a rolling window's at most 61
 * additions.
 */
export function decide(
  policy: Policy,
  views: readonly BucketView[],
  nowMs: number,
  question: Question = NO_QUESTION,
): Decision {
  const readings = readLimits(policy, views, nowMs, nowMs, question);
  const wouldBlock = readings.find(({ shadow, exhausted }) => shadow && exhausted)?.limit.name ?? null;
  const isAnyFrozen = views.some(({ overrides }) => isFrozen(overrides, nowMs));
  const blocking = readings.find(({ shadow, exhausted }) => exhausted && !shadow);
  if (isAnyFrozen || blocking) {
    const limit = isAnyFrozen ? null : (blocking?.limit.name ?? null);
    const retryAtMs = retryAt(policy, views, nowMs, question, readings);
    return { state: "blocked", reason: limit ?? "frozen", limit, wouldBlock, retryAtMs, readings };
  }
  const warning = findWarning(policy, readings);
  return {
    state: warning ? "warn" : "ok",
    reason: warning
      ? `${describeLimit(warning.limit)} at ${formatPercent((warning.used + warning.pending) / warning.limit.max)}`
      : null,
    limit: warning?.limit.name ?? null,
    wouldBlock,
    retryAtMs: null,
    readings,
  };
}

const NO_QUESTION: Question = {};

/** How every limit stands now that is in force at `limitsAtMs`, in the order they are checked. */
function readLimits(
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

/**
 * When a blocked step will be let through if nothing more is spent; null for never. The limits of a bucket change when
 * maxima that were set for a time end, so each stretch of time between such changes is asked for by itself.
 *
 * @param current how the limits of now stand
 */
function retryAt(
  policy: Policy,
  views: readonly BucketView[],
  nowMs: number,
  question: Question,
  current: readonly Reading[],
): number | null {
  const ends = views.map(({ overrides }) => overrides?.raise?.untilMs ?? 0).filter((endMs) => endMs > nowMs);
  const thaws = views
    .filter(({ overrides }) => isFrozen(overrides, nowMs))
    .map(({ overrides }) => overrides?.freeze?.untilMs ?? null);
  let fromMs = nowMs;
  for (const untilMs of [...new Set(ends).values(), Number.POSITIVE_INFINITY].sort((a, b) => a - b)) {
    const readings = fromMs === nowMs ? current : readLimits(policy, views, fromMs, nowMs, question);
    const blocking = readings.filter(({ shadow, exhausted }) => exhausted && !shadow);
    const liftedAtMs = lastOf([...thaws, ...blocking.map(({ liftsAtMs }) => liftsAtMs)]);
    const atMs = liftedAtMs === null ? null : Math.max(liftedAtMs, fromMs);
    if (atMs !== null && atMs < untilMs && !isOutOfTime(readings, atMs)) return atMs;
    fromMs = untilMs;
  }
  return null;
}

function readLimit(
  policy: Policy,
  limit: Limit,
  { key, bucket, pending: reserved, due }: BucketView,
  nowMs: number,
  { estimate = NOTHING_PENDING, isMore = false, nextExpiryMs = null }: Question,
): Reading {
  const { window, metric, max } = limit;
  const { calendar } = policy;
  const pending = measurePending(reserved, metric);
  const asked = measurePending(estimate, metric);
  const dueUsed = measure(due, metric, 0);
  const exists = bucket !== undefined || !isNothing(due);
  const counts = exists || reserved.concurrentCalls > 0;
  /** The least that leaves nothing for the step, whatever it may come to. Amounts are whole in their inner units. */
  const full = isMore && metric !== "wall_clock" ? max + 1 : max;
  const isOver = (used: number) => (counts && used + pending >= full) || used + pending + asked > max;
  /** True if it fits beside what is used, once nothing is held. A bucket that does not exist blocks nothing by itself. */
  const fits = (used: number) => (!exists || used < full) && used + asked <= max;
  const reading = { key, limit, pending, counts, shadow: policy.isShadow(limit.name), runsOutAtMs: null };
  if (window.kind === "lifetime") {
    // What is due starts the clock of its bucket now.
    const startedAtMs = bucket?.startedAtMs ?? nowMs;
    const elapsedMs = Math.max(0, nowMs - startedAtMs);
    const runsOutAtMs = metric === "wall_clock" && exists ? startedAtMs + max : null;
    const used = (bucket ? measure(bucket.usage, metric, elapsedMs) : 0) + dueUsed;
    const exhausted = isOver(used);
    const lifts = exhausted && reserved.concurrentCalls > 0 && fits(used);
    return { ...reading, used, exhausted, resetsAtMs: null, liftsAtMs: lifts ? nextExpiryMs : null, runsOutAtMs };
  }
  const slots = bucket ? slotsOf(bucket, window, nowMs, calendar) : [];
  const measureSlot = (amounts: Amounts) => measure(amounts, metric, 0);
  // What is due has been spent by now, and counts for as long as what is spent now.
  const dated = dueUsed > 0 ? [...slots, { ...due, atMs: slotStart(window, nowMs) }] : slots;
  const used = dated.reduce((sum, slot) => sum + measureSlot(slot), 0);
  const exhausted = isOver(used);
  const resetsAtMs = emptyAt(dated, window, nowMs, calendar);
  if (!exhausted) return { ...reading, used, exhausted, resetsAtMs, liftsAtMs: null };
  /** When less than this is counted; at once if it already is. */
  const belowAt = (threshold: number) => {
    if (threshold <= 0) return null;
    return used < threshold ? nowMs : fallsBelowAt(dated, threshold, measureSlot, window, nowMs, calendar);
  };
  const threshold = Math.min(full, max - asked + 1);
  const withPending = belowAt(threshold - pending);
  const withoutPending = fits(used) ? nowMs : belowAt(threshold);
  const hasPending = reserved.concurrentCalls > 0 && nextExpiryMs !== null;
  const onceTheyEnd = hasPending && withoutPending !== null ? Math.max(withoutPending, nextExpiryMs) : null;
  const liftsAtMs = withPending === null ? onceTheyEnd : Math.min(withPending, onceTheyEnd ?? withPending);
  return { ...reading, used, exhausted, resetsAtMs, liftsAtMs };
}

/** Takes a metric, in its inner unit, from what was spent and the time since the spending began. */
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

/** Takes a metric, in its inner unit, from what is held or asked for. */
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

/** The reading that warns: the original's four in their order, else the first. */
function findWarning(policy: Policy, readings: readonly Reading[]): Reading | undefined {
  const warned = readings.filter(
    ({ limit, used, pending, counts }) =>
      counts && limit.max > 0 && (used + pending) / limit.max >= policy.softWarningAt,
  );
  const rank = ({ limit }: Reading) => {
    const first = WARNED_FIRST.indexOf(limit.name);
    return first === -1 ? WARNED_FIRST.length : first;
  };
  return warned.toSorted((a, b) => rank(a) - rank(b))[0];
}

/** The latest of the times; null where one of them never comes. */
function lastOf(times: readonly (number | null)[]): number | null {
  return times.reduce((last, time) => (last === null || time === null ? null : Math.max(last, time)), 0);
}

/** True where a wall clock will have run out by the time that windows let the step through. */
function isOutOfTime(readings: readonly Reading[], atMs: number): boolean {
  return readings.some(({ runsOutAtMs, shadow }) => runsOutAtMs !== null && !shadow && atMs >= runsOutAtMs);
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
