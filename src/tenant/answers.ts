import {
  type Account,
  atCeiling,
  decide,
  type Held,
  type Hold,
  isFrozen,
  limitStatusOf,
  NO_USAGE,
  nameOf,
  type Policy,
  remainingOf,
  totalAfter,
  totalsOf,
  usdFromNano,
} from "../core/index.ts";
import type { ControlAnswer, HeldAnswer, ReservationAnswer, UsageAnswer } from "../wire/index.ts";

const toTime = (epochMs: number) => new Date(epochMs).toISOString();

/**
 * Tells an account's totals, and how its limits stand.
 *
 * @param counting the account that its steps are counted in: itself, or its scope's overflow
 */
export function usageAnswer(policy: Policy, account: Account, counting: Account, nowMs: number): UsageAnswer {
  const { key, bucket, held, due } = account;
  const { readings } = decide(policy, [counting], nowMs);
  const usage = totalAfter(bucket?.usage ?? NO_USAGE, due);
  const saturated = atCeiling(usage);
  return {
    ...nameOf(key),
    ...(counting !== account && { in_overflow: true }),
    ...totalsOf(usage),
    ...(saturated.length > 0 && { saturated }),
    started_at: bucket ? toTime(bucket.startedAtMs) : null,
    wall_clock: bucket ? Math.max(0, nowMs - bucket.startedAtMs) / 1000 : 0,
    ...controlAnswer(account, nowMs),
    held: { ...heldAnswer(held), reservations: held.concurrentCalls },
    limits: readings.map(limitStatusOf),
    remaining: remainingOf(readings),
  };
}

/** Tells what is set for an account now; what has ended is nothing. */
function controlAnswer({ control }: Account, nowMs: number): ControlAnswer {
  const { override = null, raise = null, freeze = null } = control ?? {};
  const untilMs = freeze?.untilMs ?? null;
  return {
    override,
    raise: raise && nowMs < raise.untilMs ? { ...raise.maxima, expires_at: toTime(raise.untilMs) } : null,
    frozen: isFrozen(control, nowMs) ? { until: untilMs === null ? null : toTime(untilMs) } : null,
  };
}

export function reservationAnswer(hold: Hold): ReservationAnswer {
  const { id, state, subject, granted, held, spent, onExpiry, estimated, late } = hold;
  return {
    id,
    state,
    user_id: subject.userId,
    labels: subject.labels,
    granted: heldAnswer(granted),
    held: heldAnswer(held),
    spent: totalsOf(spent),
    on_expiry: onExpiry,
    ...(estimated && { estimated: totalsOf(estimated.usage) }),
    ...(late && { late }),
    created_at: toTime(hold.createdAtMs),
    expires_at: toTime(hold.expiresAtMs),
    settled_at: hold.settledAtMs === null ? null : toTime(hold.settledAtMs),
  };
}

export function heldAnswer({ tokens, inputTokens, outputTokens, costNanoUsd }: Held): HeldAnswer {
  return {
    tokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cost_usd: usdFromNano(costNanoUsd),
  };
}
