import {
  type Account,
  decide,
  isFrozen,
  limitStatusOf,
  NO_USAGE,
  nameOf,
  type Policy,
  remainingOf,
  totalsOf,
} from "../core/index.ts";
import type { ControlAnswer, UsageAnswer } from "../wire/index.ts";

const toTime = (epochMs: number) => new Date(epochMs).toISOString();

/** Tells an account's totals, and how its limits stand. */
export function usageAnswer(policy: Policy, account: Account, nowMs: number): UsageAnswer {
  const { key, bucket } = account;
  const { readings } = decide(policy, [account], nowMs);
  return {
    ...nameOf(key),
    ...totalsOf(bucket?.usage ?? NO_USAGE),
    started_at: bucket ? toTime(bucket.startedAtMs) : null,
    wall_clock: bucket ? Math.max(0, nowMs - bucket.startedAtMs) / 1000 : 0,
    ...controlAnswer(account, nowMs),
    limits: readings.map(limitStatusOf),
    remaining: remainingOf(readings),
  };
}

/** Tells what is set for an account now; what has ended is nothing. */
export function controlAnswer({ control }: Account, nowMs: number): ControlAnswer {
  const { override = null, raise = null, freeze = null } = control ?? {};
  const untilMs = freeze?.untilMs ?? null;
  return {
    override,
    raise: raise && nowMs < raise.untilMs ? { ...raise.maxima, expires_at: toTime(raise.untilMs) } : null,
    frozen: isFrozen(control, nowMs) ? { until: untilMs === null ? null : toTime(untilMs) } : null,
  };
}
