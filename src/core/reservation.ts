import type { Subject } from "./bucket.ts";
import type { Place } from "./counter.ts";
import type { Scope } from "./limits.ts";
import { NOTHING_PENDING, type Pending, pendingAfter } from "./pending.ts";
import { addUsage, mapUsage, NO_USAGE, type Usage } from "./usage.ts";

/** How long a reservation can be kept open by extending it, in seconds since its creation. */
export const MAX_AGE_SECONDS = 7 * 86_400;

/** What the end of a hold's time means: nothing was sent, or the call may have been made. */
export type OnExpiry = "release" | "charge";

export type ReservationState = "held" | "committed" | "released" | "expired";

/** A bucket that counted a charge, as it was then. */
export interface Counted {
  readonly scope: Scope;
  readonly generation: number;
  /** By window: where its counter has the charge. */
  readonly places: Readonly<Record<string, Place>>;
}

/** The charge that an expiry made. */
export interface Estimated {
  /** What of it no commit has corrected yet. */
  readonly usage: Usage;
  readonly atMs: number;
  /** The buckets that were charged. */
  readonly counted: readonly Counted[];
}

/** A hold on part of a budget for one call, and what became of it. Times are epoch milliseconds. */
export interface Reservation {
  readonly id: string;
  readonly subject: Subject;
  /** What the call's price goes by. If there is none, a commit can name one. */
  readonly model: string | undefined;
  readonly provider: string | undefined;
  /** Who made it, if that is somebody who may keep only a share of what is left for all. */
  readonly owner?: string | undefined;
  readonly state: ReservationState;
  /** All that was granted, extensions included. */
  readonly granted: Pending;
  /** What it still holds; nothing once it is settled. */
  readonly pending: Pending;
  readonly onExpiry: OnExpiry;
  /** What its commits have recorded. */
  readonly spent: Usage;
  /** Of a hold that expired to be charged. */
  readonly estimated: Estimated | null;
  /** True where a commit came after it had expired or was released. */
  readonly late: boolean;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly settledAtMs: number | null;
}

/** One commit against a hold: what it changes of the totals, and the hold after it. */
export interface Settlement {
  readonly reservation: Reservation;
  /** What to charge, given what of the earlier charge a bucket still counts. Parts can be negative. */
  readonly deltaOver: (estimated: Usage) => Usage;
}

/**
 * Settles a hold with what was really used. A part (`isFinal` false) keeps the rest held. After an expiry that
 * charged the hold in full, a part is taken from that charge, and the last one puts the charge right.
 *
 * @param used as one call; only a hold's first commit counts as one
 */
export function settle(reservation: Reservation, used: Usage, isFinal: boolean, nowMs: number): Settlement {
  const actual = reservation.spent.calls > 0 ? { ...used, calls: 0 } : used;
  const isLive = reservation.state === "held";
  const deltaOver = (estimated: Usage) =>
    mapUsage(actual, estimated, (part, charged) => (isFinal ? part - charged : Math.max(0, part - charged)));
  const left = reservation.estimated && {
    ...reservation.estimated,
    usage: mapUsage(reservation.estimated.usage, actual, (charged, part) => Math.max(0, charged - part)),
  };
  const after: Reservation = {
    ...reservation,
    spent: addUsage(reservation.spent, actual),
    pending: isLive && !isFinal ? pendingAfter(reservation.pending, actual) : NOTHING_PENDING,
    estimated: isFinal ? null : left,
    late: reservation.late || !isLive,
    ...(isFinal && { state: "committed", settledAtMs: nowMs }),
  };
  return { reservation: after, deltaOver };
}

/** What the end of a hold's time charges; null where nothing was sent. */
export function chargeAtExpiry({ onExpiry, pending }: Reservation): Usage | null {
  if (onExpiry === "release") return null;
  // Tokens of neither kind are charged as output: what a call generates is what nobody knows ahead of it.
  const outputTokens = Math.max(pending.outputTokens, pending.tokens - pending.inputTokens);
  const { inputTokens, costNanoUsd, calls } = pending;
  return { ...NO_USAGE, inputTokens, outputTokens, costNanoUsd, calls };
}

/** Ends a hold's time. */
export function expire(reservation: Reservation, estimated: Estimated | null, nowMs: number): Reservation {
  return { ...reservation, state: "expired", pending: NOTHING_PENDING, estimated, settledAtMs: nowMs };
}

/** Gives back all that is held. */
export function release(reservation: Reservation, nowMs: number): Reservation {
  return { ...reservation, state: "released", pending: NOTHING_PENDING, settledAtMs: nowMs };
}
