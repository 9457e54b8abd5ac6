import type { Calendar } from "./calendar.ts";
import { type Amounts, addAmounts, isNothing } from "./usage.ts";
import { countsFrom, leavesAt, type OpenWindow, slotStart } from "./window.ts";

/** What was spent in one stretch of a window: all of it for a calendar window, a sixtieth of it for a rolling one. */
export interface Slot extends Amounts {
  /** Epoch milliseconds: the stretch's start in a rolling window, the last time of spending in a calendar one. */
  readonly atMs: number;
}

/**
 * What a window has counted, the oldest slot first.
 *
 * A calendar window's slot carries the time of its last spending and not the period's start: it counts while that
 * time is in the current period. So a change of the calendar keeps, in the window that is open, whatever it had
 * counted, if the last of it was spent in the new period. Until that ends it may count too much, or too little where
 * the new period reaches back into one that was over.
 */
export type Counter = readonly Slot[];

/** The slots that still count. Cost: at most 61 comparisons. */
export function liveSlots(counter: Counter, window: OpenWindow, nowMs: number, calendar: Calendar): Counter {
  const fromMs = countsFrom(window, nowMs, calendar);
  return counter.every((slot) => slot.atMs >= fromMs) ? counter : counter.filter((slot) => slot.atMs >= fromMs);
}

/**
 * What windows count after a charge, parts of which can be negative. A window that is not open any more is left out.
 *
 * @param correctedAtMs when the charge was made that the negative parts take back: they come out of what the windows
 *   still count of that time. Absent: out of all they count, the newest first.
 */
export function countersAfter(
  counters: ReadonlyMap<string, Counter>,
  windows: readonly OpenWindow[],
  delta: Amounts,
  nowMs: number,
  calendar: Calendar,
  correctedAtMs?: number,
): ReadonlyMap<string, Counter> {
  if (windows.length === 0) return NO_COUNTERS;
  const debit = mapAmounts(delta, (part) => Math.max(0, part));
  const credit = mapAmounts(delta, (part) => Math.max(0, -part));
  const after = new Map<string, Counter>();
  for (const window of windows) {
    const counter = addToCounter(counters.get(window.id) ?? [], debit, window, nowMs, calendar);
    const isCredited = ({ atMs }: Slot) =>
      correctedAtMs === undefined ||
      (window.kind === "calendar"
        ? correctedAtMs >= countsFrom(window, nowMs, calendar)
        : atMs === slotStart(window, correctedAtMs));
    after.set(window.id, isNothing(credit) ? counter : creditCounter(counter, credit, isCredited));
  }
  return after;
}

const NO_COUNTERS: ReadonlyMap<string, Counter> = new Map();

function mapAmounts(amounts: Amounts, part: (value: number) => number): Amounts {
  return {
    inputTokens: part(amounts.inputTokens),
    outputTokens: part(amounts.outputTokens),
    costNanoUsd: part(amounts.costNanoUsd),
    calls: part(amounts.calls),
  };
}

/** Adds what was spent now, and drops what no longer counts. */
function addToCounter(
  counter: Counter,
  spent: Amounts,
  window: OpenWindow,
  nowMs: number,
  calendar: Calendar,
): Counter {
  const live = liveSlots(counter, window, nowMs, calendar);
  const atMs = slotStart(window, nowMs);
  const last = live.at(-1);
  // A calendar window has one slot; and a clock that went back adds to the last slot, not before it.
  if (last && (window.kind === "calendar" || last.atMs >= atMs)) {
    return [...live.slice(0, -1), { ...addAmounts(last, spent), atMs: Math.max(last.atMs, atMs) }];
  }
  return [...live, { ...spent, atMs }];
}

/** Takes a credit from the newest slots first, down to zero and never below: it gives back no more than was counted. */
function creditCounter(counter: Counter, credit: Amounts, isCredited: (slot: Slot) => boolean): Counter {
  const left = { ...credit };
  const take = (slot: Slot, key: keyof Amounts): number => {
    const taken = Math.min(slot[key], left[key]);
    left[key] -= taken;
    return slot[key] - taken;
  };
  return counter
    .toReversed()
    .map((slot) =>
      isCredited(slot)
        ? {
            atMs: slot.atMs,
            inputTokens: take(slot, "inputTokens"),
            outputTokens: take(slot, "outputTokens"),
            costNanoUsd: take(slot, "costNanoUsd"),
            calls: take(slot, "calls"),
          }
        : slot,
    )
    .toReversed();
}

/** When nothing that counts now will count any more; null where nothing can leave. */
export function emptyAt(live: Counter, window: OpenWindow, nowMs: number, calendar: Calendar): number | null {
  if (window.kind === "calendar") return calendar.period(window.id, nowMs).endMs;
  const last = live.at(-1);
  return last ? leavesAt(window, last.atMs, nowMs, calendar) : null;
}

/**
 * When, if nothing more is spent, what counts will have fallen below a maximum; null where it never will.
 *
 * @param read takes the limited metric from a slot
 */
export function fallsBelowAt(
  live: Counter,
  max: number,
  read: (slot: Amounts) => number,
  window: OpenWindow,
  nowMs: number,
  calendar: Calendar,
): number | null {
  let used = live.reduce((sum, slot) => sum + read(slot), 0);
  for (const slot of live) {
    used -= read(slot);
    if (used < max) return leavesAt(window, slot.atMs, nowMs, calendar);
  }
  return null;
}
