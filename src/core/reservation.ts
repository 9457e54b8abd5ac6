/** Reservations and their transitions: committed, released, expired. */
import type { Subject } from "./bucket.ts";
import type { Place } from "./counter.ts";
import type { Scope } from "./limits.ts";
import { NOTHING_PENDING, type Pending, pendingAfter } from "./pending.ts";
import { addUsage, mapUsage, NO_USAGE, type Usage, unpriced } from "./usage.ts";

/** How long a reservation can be kept open by extending it, in seconds since its creation. */
export const MAX_AGE_SECONDS = 7 * 86_400;

/** What an expiry does: release, if nothing was sent; charge, if the call may have been made. */
export type OnExpiry = "release" | "charge";

/** An open reservation has the state `held`. */
export type ReservationState = "held" | "committed" | "released" | "expired";

/** Where a bucket counted a charge. */
export interface Counted {
  readonly scope: Scope;
  readonly generation: number;
  /** By window. */
  readonly places: Readonly<Record<string, Place>>;
}

/** The charge of an expiry. */
export interface Estimated {
  /** The part that no commit has corrected yet. */
  readonly usage: Usage;
  readonly atMs: number;
  /** The buckets that were charged. */
  readonly counted: readonly Counted[];
}

/** Part of a budget set aside for one call. Times are epoch milliseconds. */
export interface Reservation {
  readonly id: string;
  readonly subject: Subject;
  /** The model that prices a commit without one of its own. */
  readonly model: string | undefined;
  readonly provider: string | undefined;
  /** True if its cost is unknown, because its model had no price. */
  readonly isUnpriced?: boolean | undefined;
  /** The caller that created it, if a share of what is left applies to that caller. */
  readonly owner?: string | undefined;
  readonly state: ReservationState;
  /** All amounts that were granted, extensions included. */
  readonly granted: Pending;
  /** The amounts that are still set aside; nothing unless it is open. */
  readonly pending: Pending;
  readonly onExpiry: OnExpiry;
  /** The sum of its commits. */
  readonly spent: Usage;
  /** The charge of its expiry, until the last commit. */
  readonly estimated: Estimated | null;
  /** True if a commit came after it expired or was released. */
  readonly late: boolean;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** When it was committed, released or expired; null while it is open. */
  readonly settledAtMs: number | null;
}

/** A commit: the reservation after it, and what it changes of the totals. */
export interface Settlement {
  readonly reservation: Reservation;
  /** What to charge to a bucket that still counts this much of the expiry's charge. Parts can be negative. */
  readonly deltaOver: (estimated: Usage) => Usage;
}

/**
 * Commits what was used. A partial commit (`isFinal` false) leaves the rest pending. After an expiry that charged the
 * reservation in full, a partial commit is deducted from that charge, and the final one corrects it.
 *
 * @param used as one call; only a reservation's first commit counts as one
 */
export function settle(reservation: Reservation, used: Usage, isFinal: boolean, nowMs: number): Settlement {
  const actual = usedBy(reservation, used);
  const isOpen = reservation.state === "held";
  const deltaOver = (estimated: Usage) =>
    mapUsage(actual, estimated, (part, charged) => (isFinal ? part - charged : Math.max(0, part - charged)));
  const left = reservation.estimated && {
    ...reservation.estimated,
    usage: mapUsage(reservation.estimated.usage, actual, (charged, part) => Math.max(0, charged - part)),
  };
  const after: Reservation = {
    ...reservation,
    spent: addUsage(reservation.spent, actual),
    pending: isOpen && !isFinal ? pendingAfter(reservation.pending, actual) : NOTHING_PENDING,
    estimated: isFinal ? null : left,
    late: reservation.late || !isOpen,
    ...(isFinal && { state: "committed", settledAtMs: nowMs }),
  };
  return { reservation: after, deltaOver };
}

/** What a commit used: a call is counted once, and has an unknown cost once, however many commits report it. */
export function usedBy({ spent }: Reservation, used: Usage): Usage {
  if (spent.calls === 0) return used;
  return { ...used, calls: 0, unpricedCalls: spent.unpricedCalls > 0 ? 0 : used.unpricedCalls };
}

/** What the expiry of a reservation charges; null if it releases. */
export function chargeAtExpiry({ onExpiry, pending, isUnpriced }: Reservation): Usage | null {
  if (onExpiry === "release") return null;
  // Tokens that can be either are charged as output, which is what a caller cannot know ahead of the call.
  const outputTokens = Math.max(pending.outputTokens, pending.tokens - pending.inputTokens);
  const { inputTokens, costNanoUsd, calls } = pending;
  const charge = { ...NO_USAGE, inputTokens, outputTokens, costNanoUsd, calls };
  return isUnpriced ? unpriced(charge) : charge;
}

export function expire(reservation: Reservation, estimated: Estimated | null, nowMs: number): Reservation {
  return { ...reservation, state: "expired", pending: NOTHING_PENDING, estimated, settledAtMs: nowMs };
}

export function release(reservation: Reservation, nowMs: number): Reservation {
  return { ...reservation, state: "released", pending: NOTHING_PENDING, settledAtMs: nowMs };
}
