import type { Calendar } from "./calendar.ts";
import { type Amounts, amountsAfter, isNothing } from "./usage.ts";
import { countsFrom, leavesAt, type OpenWindow, slotStart } from "./window.ts";

/** What was spent in one stretch of a window: all of it for a calendar window, a sixtieth of it for a rolling one. */
export interface Slot extends Amounts {
  /** Epoch milliseconds: the stretch's start in a rolling window, the last time of spending in a calendar one. */
  readonly atMs: number;
}

/** The slots that a window has counted, the oldest first. */
export type Slots = readonly Slot[];

/**
 * What a window has counted.
 *
 * A calendar window's slot carries the time of its last spending and not the period's start: it counts while that
 * time is in the current period. So a change of the calendar keeps, in the window that is open, whatever it had
 * counted, if the last of it was spent in the new period. Until that ends it may count too much, or too little if
 * the new period reaches back into one that had ended.
 */
export interface Counter {
  /** Tells the counter from any other of the bucket: new whenever it starts from zero, as a calendar window's does in each period. */
  readonly generation: number;
  readonly slots: Slots;
}

/** Where a charge is in a counter, by which it can be taken back later. */
export interface Place {
  readonly generation: number;
  /** The slot's `atMs`. */
  readonly atMs: number;
}

/** What a charge changes in the counters of a bucket. */
export interface CounterCharge {
  /** What is added, at the time of the charge. No part is negative. */
  readonly debit: Amounts;
  /** What is taken back. No part is negative. */
  readonly credit: Amounts;
  /** Where the charge is that the credit takes back, by window. Absent: out of all that is counted, the newest first. */
  readonly places?: Readonly<Record<string, Place>> | undefined;
}

/** The slots that still count. Cost: at most 61 comparisons. */
export function countedSlots(slots: Slots, window: OpenWindow, nowMs: number, calendar: Calendar): Slots {
  const fromMs = countsFrom(window, nowMs, calendar);
  return slots.every((slot) => slot.atMs >= fromMs) ? slots : slots.filter((slot) => slot.atMs >= fromMs);
}

/**
 * What windows count after a charge. A window that is not open any more is left out. A credit takes back at most what
 * the counter counted: nothing from a counter that did not count the charge.
 *
 * @param nextGeneration names a counter that starts from zero
 */
export function countersAfter(
  counters: ReadonlyMap<string, Counter>,
  windows: readonly OpenWindow[],
  { debit, credit, places }: CounterCharge,
  nowMs: number,
  calendar: Calendar,
  nextGeneration: () => number,
): ReadonlyMap<string, Counter> {
  if (windows.length === 0) return NO_COUNTERS;
  const after = new Map<string, Counter>();
  for (const window of windows) {
    const counter = addToCounter(counters.get(window.id), debit, window, nowMs, calendar, nextGeneration);
    const place = places?.[window.id];
    const isCredited = ({ atMs }: Slot) =>
      places === undefined ||
      (place?.generation === counter.generation && (window.kind === "calendar" || place.atMs === atMs));
    after.set(window.id, isNothing(credit) ? counter : creditCounter(counter, credit, isCredited));
  }
  return after;
}

/** Where the newest charge is in each counter. */
export function placesIn(counters: ReadonlyMap<string, Counter>): Readonly<Record<string, Place>> {
  return Object.fromEntries(
    [...counters].map(([id, { generation, slots }]) => [id, { generation, atMs: slots.at(-1)?.atMs ?? 0 }]),
  );
}

const NO_COUNTERS: ReadonlyMap<string, Counter> = new Map();

/** Adds what was spent now, and drops what no longer counts. */
function addToCounter(
  counter: Counter | undefined,
  spent: Amounts,
  window: OpenWindow,
  nowMs: number,
  calendar: Calendar,
  nextGeneration: () => number,
): Counter {
  const counted = countedSlots(counter?.slots ?? [], window, nowMs, calendar);
  const atMs = slotStart(window, nowMs);
  const last = counted.at(-1);
  // A counter of which nothing is left is another one: so no credit finds an amount in it that it has not counted.
  const generation = counter && last ? counter.generation : nextGeneration();
  // A calendar window has one slot; and a clock that went back adds to the last slot, not before it.
  const slots =
    last && (window.kind === "calendar" || last.atMs >= atMs)
      ? [...counted.slice(0, -1), { ...amountsAfter(last, spent), atMs: Math.max(last.atMs, atMs) }]
      : [...counted, { ...spent, atMs }];
  return { generation, slots };
}

/** Takes a credit from the newest slots first, down to zero and never below: it gives back no more than was counted. */
function creditCounter({ generation, slots }: Counter, credit: Amounts, isCredited: (slot: Slot) => boolean): Counter {
  const left = { ...credit };
  const take = (slot: Slot, key: keyof Amounts): number => {
    const taken = Math.min(slot[key], left[key]);
    left[key] -= taken;
    return slot[key] - taken;
  };
  const credited = slots.toReversed().map((slot) =>
    isCredited(slot)
      ? {
          atMs: slot.atMs,
          inputTokens: take(slot, "inputTokens"),
          outputTokens: take(slot, "outputTokens"),
          costNanoUsd: take(slot, "costNanoUsd"),
          calls: take(slot, "calls"),
        }
      : slot,
  );
  return { generation, slots: credited.toReversed() };
}

/** When nothing that counts now will count any more; null if nothing can leave. */
export function emptyAt(counted: Slots, window: OpenWindow, nowMs: number, calendar: Calendar): number | null {
  const last = counted.findLast((slot) => !isNothing(slot));
  if (window.kind === "calendar") return leavesAt(window, last?.atMs ?? nowMs, nowMs, calendar);
  return last ? leavesAt(window, last.atMs, nowMs, calendar) : null;
}

/**
 * When, if nothing more is spent, what counts will have fallen below a maximum; null where it never will.
 *
 * @param read takes the limited metric from a slot
 */
export function fallsBelowAt(
  counted: Slots,
  max: number,
  read: (slot: Amounts) => number,
  window: OpenWindow,
  nowMs: number,
  calendar: Calendar,
): number | null {
  let used = counted.reduce((sum, slot) => sum + read(slot), 0);
  for (const slot of counted) {
    used -= read(slot);
    if (used < max) return leavesAt(window, slot.atMs, nowMs, calendar);
  }
  return null;
}
