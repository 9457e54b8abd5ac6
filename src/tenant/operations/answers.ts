import {
  atCeiling,
  type BucketView,
  decide,
  isFrozen,
  limitStatusOf,
  NO_USAGE,
  nameOf,
  type Pending,
  type Policy,
  type Reservation,
  remainingOf,
  totalAfter,
  totalsOf,
  usdFromNano,
} from "../../core/index.ts";
import type { AmountsResponse, ReservationResponse, UsageResponse } from "../../wire/index.ts";

const toTime = (epochMs: number) => new Date(epochMs).toISOString();

/**
 * Tells an view's totals, and how its limits stand.
 *
 * @param counting the view that its steps are counted in: itself, or its scope's overflow
 */
export function usageAnswer(policy: Policy, view: BucketView, counting: BucketView, nowMs: number): UsageResponse {
  const { key, bucket, pending, due } = view;
  const { readings } = decide(policy, [counting], nowMs);
  const usage = totalAfter(bucket?.usage ?? NO_USAGE, due);
  const saturated = atCeiling(usage);
  return {
    ...nameOf(key),
    ...(counting !== view && { in_overflow: true }),
    ...totalsOf(usage),
    ...(saturated.length > 0 && { saturated }),
    started_at: bucket ? toTime(bucket.startedAtMs) : null,
    wall_clock: bucket ? Math.max(0, nowMs - bucket.startedAtMs) / 1000 : 0,
    ...overridesAnswer(view, nowMs),
    held: { ...amountsAnswer(pending), reservations: pending.concurrentCalls },
    limits: readings.map(limitStatusOf),
    remaining: remainingOf(readings),
  };
}

/** Tells what is set for an view now; what has ended is nothing. */
function overridesAnswer(
  { overrides }: BucketView,
  nowMs: number,
): Pick<UsageResponse, "override" | "raise" | "frozen"> {
  const { maxima: override = null, raise = null, freeze = null } = overrides ?? {};
  const untilMs = freeze?.untilMs ?? null;
  return {
    override,
    raise: raise && nowMs < raise.untilMs ? { ...raise.maxima, expires_at: toTime(raise.untilMs) } : null,
    frozen: isFrozen(overrides, nowMs) ? { until: untilMs === null ? null : toTime(untilMs) } : null,
  };
}

export function reservationAnswer(reservation: Reservation): ReservationResponse {
  const { id, state, subject, granted, pending, spent, onExpiry, estimated, late } = reservation;
  return {
    id,
    state,
    user_id: subject.userId,
    labels: subject.labels,
    granted: amountsAnswer(granted),
    held: amountsAnswer(pending),
    spent: totalsOf(spent),
    on_expiry: onExpiry,
    ...(estimated && { estimated: totalsOf(estimated.usage) }),
    ...(late && { late }),
    created_at: toTime(reservation.createdAtMs),
    expires_at: toTime(reservation.expiresAtMs),
    settled_at: reservation.settledAtMs === null ? null : toTime(reservation.settledAtMs),
  };
}

export function amountsAnswer({ tokens, inputTokens, outputTokens, costNanoUsd }: Pending): AmountsResponse {
  return {
    tokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cost_usd: usdFromNano(costNanoUsd),
  };
}
