/** Granting reservations: all of an estimate, as much of it as limits and shares leave, or nothing. */
import type { Subject } from "./bucket.ts";
import type { Decision } from "./decision.ts";
import type { Metric } from "./metrics.ts";
import type { Pending } from "./pending.ts";
import type { Reading } from "./reading.ts";
import { limitBeyond, type ReservationOwner, readingsFor } from "./share.ts";

/** A request to reserve, or to extend a reservation. */
export interface ReserveRequest {
  readonly subject: Subject;
  readonly estimate: Pending;
  /** If less is left than the estimate: refuse, or grant what is left. */
  readonly ifShort: "reject" | "cap";
  /** True for an extension. */
  readonly isMore?: boolean | undefined;
  /** True if the call's model costs nothing. */
  readonly isFree?: (() => boolean) | undefined;
  /** Absent: no share applies. */
  readonly owner?: ReservationOwner | undefined;
}

/** The decision on a request, and the amounts granted: null if it is refused. */
export interface ReserveResult {
  readonly decision: Decision;
  readonly granted: Pending | null;
  /** If no limit blocks but the request is refused: the limit of which it exceeds the owner's share. */
  readonly beyondShare?: string | undefined;
}

/**
 * Decides what to grant.
 *
 * @param pendingOfOwner the pending amounts of the owner's open reservations
 * @param decisionOn decides a step with this estimate, or without one
 */
export function reserveResult(
  { estimate, ifShort, owner }: ReserveRequest,
  pendingOfOwner: Pending,
  decisionOn: (estimate?: Pending) => Decision,
): ReserveResult {
  const decision = decisionOn(estimate);
  const isBlocked = decision.state === "blocked";
  const readings = owner ? readingsFor(owner, pendingOfOwner, decision.readings) : decision.readings;
  const beyondShareOf = (asked: Pending) => owner && limitBeyond(readings, asked);
  const beyondShare = beyondShareOf(estimate);
  if (!isBlocked && beyondShare === undefined) return { decision, granted: estimate };
  const refused = { decision, granted: null, ...(!isBlocked && { beyondShare }) };
  if (ifShort === "reject") return refused;
  const capped = capEstimate(estimate, readings);
  const fits = capped && beyondShareOf(capped) === undefined && decisionOn(capped).state !== "blocked";
  if (fits) return { decision, granted: capped };
  if (!isBlocked) return refused;
  // A capped request is refused because nothing is left, not because less is left than the estimate.
  const onNothing = decisionOn();
  return { decision: onNothing.state === "blocked" ? onNothing : decision, granted: null };
}

/** As much of an estimate as every limit leaves; undefined if nothing is left of some amount that it asks for. */
function capEstimate(estimate: Pending, readings: readonly Reading[]): Pending | undefined {
  const left = (metric: Metric) =>
    readings
      .filter(({ limit, shadow }) => limit.metric === metric && !shadow)
      .reduce(
        (least, { limit, used, pending }) => Math.min(least, limit.max - used - pending),
        Number.POSITIVE_INFINITY,
      );
  const { inputTokens: input, outputTokens: output, tokens: asked } = estimate;
  const either = asked - input - output;
  const tokens = Math.min(
    left("tokens"),
    Math.min(input, left("input_tokens")) + Math.min(output, left("output_tokens")) + either,
  );
  const inputTokens = Math.min(input, left("input_tokens"), tokens);
  const outputTokens = Math.min(output, left("output_tokens"), tokens - inputTokens);
  const costNanoUsd = Math.min(estimate.costNanoUsd, left("cost_usd"));
  const isNothing = (granted: number, wanted: number) => wanted > 0 && granted <= 0;
  if (isNothing(tokens, asked) || isNothing(inputTokens, input) || isNothing(outputTokens, output)) return undefined;
  if (isNothing(costNanoUsd, estimate.costNanoUsd)) return undefined;
  return { ...estimate, tokens, inputTokens, outputTokens, costNanoUsd };
}
