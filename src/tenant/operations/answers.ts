/** The responses of operations, made from the core's values. */
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
 * A bucket's totals and the status of its limits.
 *
 * @param counting the view of the bucket that counts its steps: the same one, or its scope's overflow bucket
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

/** The overrides in force; expired ones are null. */
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
