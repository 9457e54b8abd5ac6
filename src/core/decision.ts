/** Decisions on the next step: blocked, warned or ok, and when a blocked step can be retried. */
import { describeLimit } from "./limits.ts";
import { type BucketView, isFrozen } from "./overrides.ts";
import type { Policy } from "./policy.ts";
import { type Question, type Reading, readLimits } from "./reading.ts";

/** The answer to "may I take the next step?" */
export interface Decision {
  /** A step with `warn` is allowed, as one with `ok` is. */
  readonly state: "ok" | "warn" | "blocked";
  /** For people: `frozen` or the limit's name if blocked, `tokens at 85%` if warned, else null. */
  readonly reason: string | null;
  /** For programs: the name of the limit that blocks or warns, else null. */
  readonly limit: string | null;
  /** The first limit in shadow that would have blocked. */
  readonly wouldBlock: string | null;
  /** When a blocked step will be allowed if nothing more is spent; null for never, or if it is not blocked. */
  readonly retryAtMs: number | null;
  /** Every limit that applies, in the order they are checked. */
  readonly readings: readonly Reading[];
}

const NO_QUESTION: Question = {};

/** The limits that warn before all others, in this order, as in the original. */
const WARNED_FIRST = ["max_tokens", "max_cost_usd", "per_user_max_tokens", "per_user_max_cost_usd"];

/**
 * Decides the next step from the views of its buckets, which are in the order of their scopes.
 *
 * Blocked if any bucket is frozen, or if any limit that is not in shadow has `used + pending >= max`; the first such
 * limit is named. Else warned if any limit has reached the policy's share of its maximum; else ok. A bucket that does
 * not exist neither blocks nor warns, even under a limit of 0. With an estimate, also blocked if
 * `used + pending + estimate > max`, even if the bucket does not exist; an extension is blocked only by that. Cost: one
 * pass over the limits, with at most 61 additions for a rolling window.
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
    reason: warning ? reasonOf(policy, warning) : null,
    limit: warning?.limit.name ?? null,
    wouldBlock,
    retryAtMs: null,
    readings,
  };
}

/**
 * When a blocked step will be allowed if nothing more is spent; null for never. A bucket's limits change when its
 * temporary maxima expire, so the times between such changes are searched one after the other.
 *
 * @param current the readings of the limits in force now
 */
function retryAt(
  policy: Policy,
  views: readonly BucketView[],
  nowMs: number,
  question: Question,
  current: readonly Reading[],
): number | null {
  const changes = views.map(({ overrides }) => overrides?.raise?.untilMs ?? 0).filter((atMs) => atMs > nowMs);
  const thaws = views
    .filter(({ overrides }) => isFrozen(overrides, nowMs))
    .map(({ overrides }) => overrides?.freeze?.untilMs ?? null);
  let fromMs = nowMs;
  for (const untilMs of [...new Set(changes).values(), Number.POSITIVE_INFINITY].sort((a, b) => a - b)) {
    const readings = fromMs === nowMs ? current : readLimits(policy, views, fromMs, nowMs, question);
    const blocking = readings.filter(({ shadow, exhausted }) => exhausted && !shadow);
    const liftedAtMs = latest([...thaws, ...blocking.map(({ liftsAtMs }) => liftsAtMs)]);
    const atMs = liftedAtMs === null ? null : Math.max(liftedAtMs, fromMs);
    if (atMs !== null && atMs < untilMs && !isOutOfTime(readings, atMs)) return atMs;
    fromMs = untilMs;
  }
  return null;
}

/** A limit that is nearly used up, or else one that cannot count the cost of some calls, because it is unknown. */
function findWarning(policy: Policy, readings: readonly Reading[]): Reading | undefined {
  const warned = readings.filter((reading) => isNearlyUsed(policy, reading));
  const rank = ({ limit }: Reading) => {
    const first = WARNED_FIRST.indexOf(limit.name);
    return first === -1 ? WARNED_FIRST.length : first;
  };
  return warned.toSorted((a, b) => rank(a) - rank(b))[0] ?? readings.find(({ unpricedCalls }) => unpricedCalls > 0);
}

function isNearlyUsed({ softWarningAt }: Policy, { limit, used, pending, counts }: Reading): boolean {
  return counts && limit.max > 0 && (used + pending) / limit.max >= softWarningAt;
}

function reasonOf(policy: Policy, reading: Reading): string {
  const { limit, used, pending, unpricedCalls } = reading;
  if (isNearlyUsed(policy, reading)) return `${describeLimit(limit)} at ${formatPercent((used + pending) / limit.max)}`;
  return `${describeLimit(limit)} unknown for ${unpricedCalls} ${unpricedCalls === 1 ? "call" : "calls"}`;
}

/** The latest of the times; null if one of them is null, which stands for never. */
function latest(times: readonly (number | null)[]): number | null {
  return times.reduce((last, time) => (last === null || time === null ? null : Math.max(last, time)), 0);
}

/** True if a wall clock will have run out by then. */
function isOutOfTime(readings: readonly Reading[], atMs: number): boolean {
  return readings.some(({ runsOutAtMs, shadow }) => runsOutAtMs !== null && !shadow && atMs >= runsOutAtMs);
}

const WHOLE_HALF_EVEN = new Intl.NumberFormat("en-US", {
  maximumFractionDigits: 0,
  roundingMode: "halfEven",
  useGrouping: false,
});

/**
 * Formats a ratio as a whole percentage, half to even. Multiplies in floating point before it rounds, as Python's `%`
 * format does, which decides the halves: 0.575 is 57%, since 0.575 × 100 < 57.5.
 */
function formatPercent(ratio: number): string {
  return `${WHOLE_HALF_EVEN.format(ratio * 100)}%`;
}
