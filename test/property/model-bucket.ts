/** One bucket of the model: its charges, and what each window counts of them. */
import type { LimitName } from "../../src/core/index.ts";
import { type Amounts, type Measured, NO_AMOUNTS, NOTHING, sumOf } from "./model-amounts.ts";
import { leavesAt } from "./naive-limits.ts";

type Window = LimitName["window"];

/** A charge to a bucket. Negative amounts are a credit. */
export interface Charge {
  readonly atMs: number;
  readonly amounts: Amounts;
  /** The windows that count it: those that some limit of the bucket named when it was charged. */
  readonly windows: readonly string[];
  /** The reservation whose expiry charged it. */
  readonly estimates?: string | undefined;
  /** The reservation whose charge negative amounts correct; absent: the latest charges. */
  readonly corrects?: string | undefined;
}

export interface ModelBucket {
  readonly scope: string;
  subject: string;
  startedAtMs: number;
  touchedAtMs: number;
  charges: Charge[];
}

/** The sum of a bucket's charges since it was created or reset. */
export function totalOf(bucket: ModelBucket | undefined): Amounts {
  return sumOf(bucket?.charges.map(({ amounts }) => amounts) ?? [], NO_AMOUNTS);
}

/** What a window counts of a bucket, by metric. */
export function countedIn(window: Window, bucket: ModelBucket | undefined, nowMs: number): Measured {
  const part = (name: keyof Amounts) => countedOf(window, name, bucket?.charges ?? [], nowMs);
  const [input, output] = [part("tokensIn"), part("tokensOut")];
  const tokens = { tokens: input + output, input_tokens: input, output_tokens: output };
  return { ...NOTHING, ...tokens, cost_usd: part("costNano"), calls: part("calls") };
}

interface Counted {
  readonly atMs: number;
  readonly estimates: string | undefined;
  amount: number;
}

/**
 * Replays all charges. A credit reduces what the window counts at that time, the newest first. A correction reduces only
 * charges in the same slot as the one it corrects, and nothing if the window did not count that one. A charge made after
 * the clock went back counts at the time of the latest charge.
 */
function countedOf(window: Window, part: keyof Amounts, charges: readonly Charge[], nowMs: number): number {
  let counted: Counted[] = [];
  for (const { atMs, amounts, windows, estimates, corrects } of charges) {
    const isNamed = window.kind === "lifetime" || windows.includes(window.id);
    counted = isNamed ? counted.filter((each) => isCounted(window, each.atMs, atMs)) : [];
    if (!isNamed) continue;
    const corrected = counted.find((each) => each.estimates === corrects);
    let credit = corrects === undefined || corrected ? Math.max(0, -amounts[part]) : 0;
    for (const each of counted.toReversed()) {
      if (corrects !== undefined && corrected && !isSameSlot(window, each.atMs, corrected.atMs)) continue;
      const taken = Math.min(credit, each.amount);
      each.amount -= taken;
      credit -= taken;
    }
    const lastMs = counted.at(-1)?.atMs ?? atMs;
    counted.push({ atMs: Math.max(atMs, lastMs), estimates, amount: Math.max(0, amounts[part]) });
  }
  return counted.filter(({ atMs }) => isCounted(window, atMs, nowMs)).reduce((sum, { amount }) => sum + amount, 0);
}

/** The model's only calendar window is the minute. */
const minuteOf = (atMs: number) => Math.floor(atMs / 60_000);

function isCounted(window: Window, atMs: number, nowMs: number): boolean {
  if (window.kind === "lifetime") return true;
  if (window.kind === "calendar") return minuteOf(atMs) >= minuteOf(nowMs);
  return leavesAt(atMs, window.lengthMs) > nowMs;
}

/** True if a window counts two times in the same slot. */
function isSameSlot(window: Window, aMs: number, bMs: number): boolean {
  return window.kind !== "rolling" || leavesAt(aMs, window.lengthMs) === leavesAt(bMs, window.lengthMs);
}
