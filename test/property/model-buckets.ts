import type { LimitName } from "../../src/core/index.ts";
import { type Amounts, type Measured, NO_AMOUNTS, NOTHING, sumOf } from "./model-amounts.ts";
import { leavesAt } from "./naive-limits.ts";

type Window = LimitName["window"];

/** Something that was charged to a bucket. Negative amounts take back what was charged before. */
export interface Charge {
  readonly atMs: number;
  readonly amounts: Amounts;
  /** The windows that some limit of the bucket named then, which are the ones that count it. */
  readonly windows: readonly string[];
  /** Of an expired hold's charge: the hold. */
  readonly estimates?: string | undefined;
  /** The hold whose charge negative amounts correct; absent: whatever was charged last. */
  readonly corrects?: string | undefined;
}

export interface ModelBucket {
  readonly scope: string;
  subject: string;
  startedAtMs: number;
  touchedAtMs: number;
  charges: Charge[];
}

/** All that was charged since the bucket began. */
export function totalOf(bucket: ModelBucket | undefined): Amounts {
  return sumOf(bucket?.charges.map(({ amounts }) => amounts) ?? [], NO_AMOUNTS);
}

/** What a limit's window counts of a bucket, by its metrics. */
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
 * Goes through all charges. What is taken back comes out of what the window counts at that time, the newest first; what
 * corrects a charge, out of what the window cannot tell from it, if it has counted it. A clock that went back adds to
 * what came last.
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
      if (corrects !== undefined && corrected && !isTogether(window, each.atMs, corrected.atMs)) continue;
      const taken = Math.min(credit, each.amount);
      each.amount -= taken;
      credit -= taken;
    }
    const lastMs = counted.at(-1)?.atMs ?? atMs;
    counted.push({ atMs: Math.max(atMs, lastMs), estimates, amount: Math.max(0, amounts[part]) });
  }
  return counted.filter(({ atMs }) => isCounted(window, atMs, nowMs)).reduce((sum, { amount }) => sum + amount, 0);
}

/** Calendar windows of the model are minutes of UTC. */
const minuteOf = (atMs: number) => Math.floor(atMs / 60_000);

function isCounted(window: Window, atMs: number, nowMs: number): boolean {
  if (window.kind === "lifetime") return true;
  if (window.kind === "calendar") return minuteOf(atMs) >= minuteOf(nowMs);
  return leavesAt(atMs, window.lengthMs) > nowMs;
}

/** True if a window does not tell two times apart that it counts. */
function isTogether(window: Window, aMs: number, bMs: number): boolean {
  return window.kind !== "rolling" || leavesAt(aMs, window.lengthMs) === leavesAt(bMs, window.lengthMs);
}
