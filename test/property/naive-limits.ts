/** A reference for limits: their order, rolling windows and the text of warnings. */
import { type BudgetConfig, type LimitName, type Maxima, parseLimitName } from "../../src/core/index.ts";

/** A limit under its name in the configuration. Its maximum is in nano-USD, milliseconds or whole numbers. */
export interface NamedLimit extends LimitName {
  readonly name: string;
  readonly max: number;
}

const METRIC_ORDER = ["tokens", "input_tokens", "output_tokens", "cost_usd", "wall_clock", "calls", "concurrent_calls"];
const CALENDAR_DAYS: Record<string, number> = { minute: 1 / 1440, hour: 1 / 24, day: 1, week: 7, month: 31 };
const WARNED_FIRST = ["max_tokens", "max_cost_usd", "per_user_max_tokens", "per_user_max_cost_usd"];

/** How many of a metric's internal units are one on the wire. */
export function unitOf(metric: string): number {
  return metric === "cost_usd" ? 1e9 : metric === "wall_clock" ? 1000 : 1;
}

/** The limits among a configuration's keys, in the order they are checked. */
export function limitsIn(config: BudgetConfig | Maxima): NamedLimit[] {
  const limits = Object.entries(config).flatMap(([name, value]) => {
    const parts = /max_(tokens|input|output|cost|wall|calls|concurrent)/.test(name) ? parseLimitName(name) : "";
    if (typeof parts === "string" || value == null) return [];
    return [{ ...parts, name, max: Math.round((value as number) * unitOf(parts.metric)) }];
  });
  return limits.sort((a, b) => compareKeys(orderOf(a), orderOf(b)));
}

/** When a charge leaves a rolling window: together with its slot, a sixtieth of the window. */
export function leavesAt(atMs: number, lengthMs: number): number {
  const slotMs = lengthMs / 60;
  return (Math.floor(atMs / slotMs) + 1) * slotMs + lengthMs;
}

/** Which of the limits above the warning threshold the warning names. */
export function warningAmong<T extends { readonly limit: NamedLimit }>(warned: readonly T[]): T | undefined {
  return WARNED_FIRST.flatMap((name) => warned.filter(({ limit }) => limit.name === name))[0] ?? warned[0];
}

/** The text of a warning about a limit of which this share is used. */
export function warningText({ scope, metric, window }: NamedLimit, share: number): string {
  const whose = scope === "tenant" ? "" : `per-${scope.split("_").join("-")} `;
  const what = metric === "cost_usd" ? "cost" : metric.split("_").join(" ");
  return `${whose}${what}${window.kind === "lifetime" ? "" : ` per ${window.id}`} at ${percent(share)}%`;
}

/** What limits are sorted by, most significant first. */
function orderOf({ scope, metric, window }: NamedLimit): (number | string)[] {
  const parts = scope.split("_and_").length;
  const rank = scope === "tenant" ? 0 : scope === "user" ? 1 : parts === 1 ? 2 : 1 + parts;
  const days =
    window.kind === "lifetime"
      ? 1e9
      : window.kind === "calendar"
        ? (CALENDAR_DAYS[window.id] ?? 0)
        : window.lengthMs / 864e5;
  return [rank, scope, METRIC_ORDER.indexOf(metric), -Math.round(days * 1440), window.kind];
}

function compareKeys(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  const i = a.findIndex((each, j) => each !== b[j]);
  return i === -1 ? 0 : (a[i] ?? 0) < (b[i] ?? 0) ? -1 : 1;
}

/** Rounds as Python's format does: the product in floating point, then half to even. */
function percent(ratio: number): number {
  const product = ratio * 100;
  const floor = Math.floor(product);
  if (product - floor !== 0.5) return Math.round(product);
  return floor % 2 === 0 ? floor : floor + 1;
}
