/** What limits count, and the units of each metric. */
import { nanoFromUsd, usdFromNano } from "./money.ts";
import { MAX_SECONDS } from "./settings.ts";
import type { NumberType } from "./values.ts";

/** In the order in which the limits of a scope are checked. */
export const METRICS = [
  "tokens",
  "input_tokens",
  "output_tokens",
  "cost_usd",
  "wall_clock",
  "calls",
  "concurrent_calls",
] as const;
export type Metric = (typeof METRICS)[number];

/** The metrics that take no window, and why. */
const WITHOUT_WINDOW: Readonly<Partial<Record<Metric, string>>> = {
  wall_clock: "a wall clock runs from a bucket's start",
  concurrent_calls: "it counts the reservations that are open now",
};

/** Why a limit of the metric takes no window; undefined if it takes one. */
export function whyNoWindow(metric: Metric): string | undefined {
  return WITHOUT_WINDOW[metric];
}

const COUNT: NumberType = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER, null: "no limit" };

/** What a limit's maximum can be, in the metric's wire unit. */
export const MAXIMA: Readonly<Record<Metric, NumberType>> = {
  tokens: COUNT,
  input_tokens: COUNT,
  output_tokens: COUNT,
  calls: COUNT,
  concurrent_calls: COUNT,
  cost_usd: { type: "number", unit: "USD", minimum: 0, maximum: 9_000_000, null: "no limit" },
  wall_clock: { type: "number", unit: "seconds", minimum: 0, maximum: MAX_SECONDS, null: "no limit" },
};

/** Converts USD to nano-USD and seconds to milliseconds; all else is counted as it is. */
export function innerAmount(metric: Metric, amount: number): number {
  if (metric === "cost_usd") return nanoFromUsd(amount);
  return metric === "wall_clock" ? Math.round(amount * 1000) : amount;
}

/** Converts nano-USD to USD and milliseconds to seconds. */
export function wireAmount(metric: Metric, amount: number): number {
  if (metric === "cost_usd") return usdFromNano(amount);
  return metric === "wall_clock" ? amount / 1000 : amount;
}
