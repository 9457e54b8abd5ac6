import { compareWindows, LIFETIME, parseWindow, WINDOWS_TAKE, type Window } from "./window.ts";

/** What a limit counts. The order is the one in which limits of a scope are checked. */
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

/**
 * Whose spending a limit counts: `tenant` for all together, `user`, a label's name, or two to four of those joined
 * by `_and_`, in which `user` comes first and labels follow alphabetically.
 */
export type Scope = string;

export const TENANT = "tenant";
export const USER = "user";
const JOINT = "_and_";
const MAX_PARTS = 4;

/** What a limit's name says: whose spending, of what, over which stretch of time. */
export interface LimitName {
  readonly scope: Scope;
  readonly metric: Metric;
  readonly window: Window;
}

/** A limit as configured. `max` is in the metric's inner unit: tokens, calls, nano-USD, or milliseconds. */
export interface Limit extends LimitName {
  /** As the configuration spells it. */
  readonly name: string;
  readonly max: number;
}

/**
 * Reads a limit's name: `[per_<scope>_]max_<metric>[_per_<window>]`.
 *
 * @returns the name's parts, or a sentence that says what is wrong with it and what is allowed
 */
export function parseLimitName(name: string): LimitName | string {
  // The scope is greedy: it ends at the last `_max_`.
  const match = /^(?:per_([a-z][a-z0-9_]*)_)?max_(.+)$/.exec(name);
  if (!match) {
    return `is neither a setting nor a limit; a limit is named [per_<scope>_]max_<metric>[_per_<window>] with a metric of ${METRICS.join(", ")}`;
  }
  const [, prefix, rest = ""] = match;
  if (prefix === TENANT) return "needs no per_tenant_: a limit without per_… is the tenant's";
  const scope = prefix === undefined ? TENANT : parseScope(prefix);
  if (scope === undefined) {
    return `has an unknown scope "${prefix}"; a limit counts for the tenant (no prefix), per_user_, per_<label>_, or two to ${MAX_PARTS} different ones joined by _and_`;
  }
  const metric = METRICS.find((known) => rest === known || rest.startsWith(`${known}_per_`));
  if (!metric) return `has an unknown metric "${rest}"; a limit counts ${METRICS.join(", ")}`;
  if (rest === metric) return { scope, metric, window: LIFETIME };
  const windowId = rest.slice(`${metric}_per_`.length);
  const window = parseWindow(windowId);
  if (!window) return `has an unknown window "${windowId}"; ${WINDOWS_TAKE}`;
  if (metric === "wall_clock") return "takes no window: a wall clock runs from a bucket's start";
  if (metric === "concurrent_calls") return "takes no window: it counts the reservations that are open now";
  return { scope, metric, window };
}

/** Prints the name that `parseLimitName` reads back to the same parts. */
export function printLimitName({ scope, metric, window }: LimitName): string {
  const prefix = scope === TENANT ? "" : `per_${scope}_`;
  return `${prefix}max_${metric}${window.kind === "lifetime" ? "" : `_per_${window.id}`}`;
}

/** How a warning speaks of a limit, in the original's words: `tokens`, `cost`, `per-user tokens per day`. */
export function describeLimit({ scope, metric, window }: LimitName): string {
  const what = metric === "cost_usd" ? "cost" : metric.replaceAll("_", " ");
  const whose = scope === TENANT ? "" : `per-${scope.replaceAll("_", "-")} `;
  return `${whose}${what}${window.kind === "lifetime" ? "" : ` per ${window.id}`}`;
}

/** Reads a scope's name, its parts in any order; undefined where it is not one. */
export function parseScope(name: string): Scope | undefined {
  if (name === TENANT) return TENANT;
  const parts = name.split(JOINT);
  const isKnown = (part: string) => part === USER || isLabelName(part);
  if (parts.length > MAX_PARTS || !parts.every(isKnown) || new Set(parts).size < parts.length) return undefined;
  return parts.sort((a, b) => Number(b === USER) - Number(a === USER) || compareText(a, b)).join(JOINT);
}

/** What a scope is made of: nothing for the tenant, else `user` and labels' names. */
export function scopeParts(scope: Scope): readonly string[] {
  return scope === TENANT ? [] : scope.split(JOINT);
}

/** True for what a label can be called. An `and` among its words would make a compound scope's name ambiguous. */
export function isLabelName(name: string): boolean {
  return /^[a-z][a-z0-9_]{0,63}$/.test(name) && name !== TENANT && name !== USER && !`_${name}_`.includes(JOINT);
}

/** Orders scopes as decisions check them: tenant, user, labels, then compounds, fewer parts first. */
export function compareScopes(a: Scope, b: Scope): number {
  return scopeParts(a).length - scopeParts(b).length || Number(b === USER) - Number(a === USER) || compareText(a, b);
}

/** Orders a configuration's limits as decisions check them: by scope, then metric, then the longest window first. */
export function compareLimits(a: LimitName, b: LimitName): number {
  return (
    compareScopes(a.scope, b.scope) ||
    METRICS.indexOf(a.metric) - METRICS.indexOf(b.metric) ||
    compareWindows(a.window, b.window)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
