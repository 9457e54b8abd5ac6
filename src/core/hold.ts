import type { Subject } from "./bucket.ts";
import type { Place } from "./counter.ts";
import { type Held, heldAfter, NOTHING_HELD } from "./held.ts";
import type { Scope } from "./limits.ts";
import { addUsage, mapUsage, NO_USAGE, type Usage } from "./usage.ts";

/** What the end of a hold's time means: nothing was sent, or the call may have been made. */
export type OnExpiry = "release" | "charge";

export type HoldState = "held" | "committed" | "released" | "expired";

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
export interface Hold {
  readonly id: string;
  readonly subject: Subject;
  /** What the call's price goes by. If there is none, a commit can name one. */
  readonly model: string | undefined;
  readonly provider: string | undefined;
  /** Who made it, if that is somebody who may keep only a share of what is left for all. */
  readonly owner?: string | undefined;
  readonly state: HoldState;
  /** All that was granted, extensions included. */
  readonly granted: Held;
  /** What it still holds; nothing once it is settled. */
  readonly held: Held;
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
  readonly hold: Hold;
  /** What to charge, given what of the earlier charge a bucket still counts. Parts can be negative. */
  readonly deltaOver: (estimated: Usage) => Usage;
}

/**
 * Settles a hold with what was really used. A part (`isFinal` false) keeps the rest held. After an expiry that
 * charged the hold in full, a part is taken from that charge, and the last one puts the charge right.
 *
 * @param used as one call; only a hold's first commit counts as one
 */
export function settle(hold: Hold, used: Usage, isFinal: boolean, nowMs: number): Settlement {
  const actual = hold.spent.calls > 0 ? { ...used, calls: 0 } : used;
  const isLive = hold.state === "held";
  const deltaOver = (estimated: Usage) =>
    mapUsage(actual, estimated, (part, charged) => (isFinal ? part - charged : Math.max(0, part - charged)));
  const left = hold.estimated && {
    ...hold.estimated,
    usage: mapUsage(hold.estimated.usage, actual, (charged, part) => Math.max(0, charged - part)),
  };
  const after: Hold = {
    ...hold,
    spent: addUsage(hold.spent, actual),
    held: isLive && !isFinal ? heldAfter(hold.held, actual) : NOTHING_HELD,
    estimated: isFinal ? null : left,
    late: hold.late || !isLive,
    ...(isFinal && { state: "committed", settledAtMs: nowMs }),
  };
  return { hold: after, deltaOver };
}

/** What the end of a hold's time charges; null where nothing was sent. */
export function chargeAtExpiry({ onExpiry, held }: Hold): Usage | null {
  if (onExpiry === "release") return null;
  // Tokens of neither kind are charged as output: what a call generates is what nobody knows ahead of it.
  const outputTokens = Math.max(held.outputTokens, held.tokens - held.inputTokens);
  const { inputTokens, costNanoUsd, calls } = held;
  return { ...NO_USAGE, inputTokens, outputTokens, costNanoUsd, calls };
}

/** Ends a hold's time. */
export function expire(hold: Hold, estimated: Estimated | null, nowMs: number): Hold {
  return { ...hold, state: "expired", held: NOTHING_HELD, estimated, settledAtMs: nowMs };
}

/** Gives back all that is held. */
export function release(hold: Hold, nowMs: number): Hold {
  return { ...hold, state: "released", held: NOTHING_HELD, settledAtMs: nowMs };
}
