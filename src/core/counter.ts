/** Counters: what a window has counted, in slots of time. */
import type { Calendar } from "./calendar.ts";
import { type Amounts, amountsAfter, isNothing } from "./usage.ts";
import { countsFrom, leavesAt, type OpenWindow, slotStart } from "./window.ts";

/** What was spent in one slot: a whole calendar window, or a sixtieth of a rolling one. */
export interface Slot extends Amounts {
  /** Epoch milliseconds: the slot's start in a rolling window, the time of the last charge in a calendar window. */
  readonly atMs: number;
}

/** Oldest first. */
export type Slots = readonly Slot[];

/**
 * What a window has counted.
 *
 * A calendar window's slot has the time of its last charge, not the start of its period, and counts while that time is
 * in the current period. So when the calendar changes, the open window keeps its whole sum if its last charge is in the
 * new period. Until that period ends, it may count too much, or too little if the new period reaches back into one that
 * had ended.
 */
export interface Counter {
  /** Changes whenever the counter starts from zero, as a calendar window's does in each period. */
  readonly generation: number;
  readonly slots: Slots;
}

/** Where a counter has a charge, so that it can be credited later. */
export interface Place {
  readonly generation: number;
  /** The slot's `atMs`. */
  readonly atMs: number;
}

/** A charge to the counters of a bucket. */
export interface CounterCharge {
  /** Added now. No part is negative. */
  readonly debit: Amounts;
  /** Taken from what was counted earlier. No part is negative. */
  readonly credit: Amounts;
  /** By window, where the credited charge was counted. Absent: anywhere, the newest slots first. */
  readonly places?: Readonly<Record<string, Place>> | undefined;
}

/** The slots that count now. Cost: at most 61 comparisons. */
export function countedSlots(slots: Slots, window: OpenWindow, nowMs: number, calendar: Calendar): Slots {
  const fromMs = countsFrom(window, nowMs, calendar);
  return slots.every((slot) => slot.atMs >= fromMs) ? slots : slots.filter((slot) => slot.atMs >= fromMs);
}

/**
 * Charges the counters of these windows and discards all others. A credit takes back no more than was counted, and
 * nothing from a counter that did not count the charge.
 *
 * @param nextGeneration numbers a counter that starts from zero
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

/** Where each counter has its newest charge. */
export function placesIn(counters: ReadonlyMap<string, Counter>): Readonly<Record<string, Place>> {
  return Object.fromEntries(
    [...counters].map(([id, { generation, slots }]) => [id, { generation, atMs: slots.at(-1)?.atMs ?? 0 }]),
  );
}

const NO_COUNTERS: ReadonlyMap<string, Counter> = new Map();

/** Adds what was spent now, and discards slots that no longer count. */
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
  // An empty counter becomes another one, so that no credit for the old one is taken from it.
  const generation = counter && last ? counter.generation : nextGeneration();
  // A calendar window has one slot. After the clock went back, charges are added to the last slot, not before it.
  const slots =
    last && (window.kind === "calendar" || last.atMs >= atMs)
      ? [...counted.slice(0, -1), { ...amountsAfter(last, spent), atMs: Math.max(last.atMs, atMs) }]
      : [...counted, { ...spent, atMs }];
  return { generation, slots };
}

/** Takes a credit from the newest slots first, each down to zero. */
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
          unpricedCalls: take(slot, "unpricedCalls"),
        }
      : slot,
  );
  return { generation, slots: credited.toReversed() };
}

/** When nothing that counts now will count any more; null if nothing counts in a rolling window. */
export function emptyAt(counted: Slots, window: OpenWindow, nowMs: number, calendar: Calendar): number | null {
  const last = counted.findLast((slot) => !isNothing(slot));
  if (window.kind === "calendar") return leavesAt(window, last?.atMs ?? nowMs, nowMs, calendar);
  return last ? leavesAt(window, last.atMs, nowMs, calendar) : null;
}

/**
 * When the window will count less than a maximum, if nothing more is spent; null for never.
 *
 * @param read measures the limited metric in a slot
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
