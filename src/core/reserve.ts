import type { Subject } from "./bucket.ts";
import { cap } from "./cap.ts";
import type { Decision } from "./decision.ts";
import type { Pending } from "./pending.ts";
import { limitBeyond, type ReservationOwner, readingsFor } from "./share.ts";

/** What a reservation asks for. */
export interface ReserveRequest {
  readonly subject: Subject;
  readonly estimate: Pending;
  /** Whether to hold what is left where that is less than asked for. */
  readonly ifShort: "reject" | "cap";
  /** True where a hold of the subject asks for more. */
  readonly isMore?: boolean | undefined;
  /** Absent: it may hold all that is left. */
  readonly owner?: ReservationOwner | undefined;
}

/** The decision on a reservation, and what to hold for it: null where it is refused. */
export interface ReserveResult {
  readonly decision: Decision;
  readonly granted: Pending | null;
  /** If it is refused though no limit blocks it: the limit of which it would keep more than the holder's share. */
  readonly beyondShare?: string | undefined;
}

/**
 * Finds out how much of what is asked for can be held: all of it, or if it is to be capped as much as every limit and
 * the holder's share leave.
 *
 * @param kept what the holder's open reservations keep already
 * @param decisionOn decides a step that comes to so much; without an amount, whether anything is left
 */
export function reserveResult(
  { estimate, ifShort, owner }: ReserveRequest,
  kept: Pending,
  decisionOn: (asked?: Pending) => Decision,
): ReserveResult {
  const decision = decisionOn(estimate);
  const isBlocked = decision.state === "blocked";
  const readings = owner ? readingsFor(owner, kept, decision.readings) : decision.readings;
  const beyondShareOf = (asked: Pending) => owner && limitBeyond(readings, asked);
  const beyondShare = beyondShareOf(estimate);
  if (!isBlocked && beyondShare === undefined) return { decision, granted: estimate };
  const refused = { decision, granted: null, ...(!isBlocked && { beyondShare }) };
  if (ifShort === "reject") return refused;
  const capped = cap(estimate, readings);
  const fits = capped && beyondShareOf(capped) === undefined && decisionOn(capped).state !== "blocked";
  if (fits) return { decision, granted: capped };
  if (!isBlocked) return refused;
  // What refuses it is that nothing is left, and not that less is left than was asked for.
  const onNothing = decisionOn();
  return { decision: onNothing.state === "blocked" ? onNothing : decision, granted: null };
}
