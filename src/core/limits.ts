/** Limits' names: their grammar, their parts, and the order in which decisions check limits. */
import { METRICS, type Metric, whyNoWindow } from "./metrics.ts";
import { compareWindows, LIFETIME, parseWindow, WINDOWS_TAKE, type Window } from "./window.ts";

/**
 * Whose spending a limit counts: `tenant` for everyone's together, `user`, a label's name, or a compound of two to four
 * of those joined by `_and_`, `user` first and labels in alphabetical order.
 */
export type Scope = string;

export const TENANT = "tenant";
export const USER = "user";
/** What joins the parts of a compound scope. */
export const JOINT = "_and_";
export const MAX_PARTS = 4;

/**
 * A label's name as a regular expression, for use where an underscore follows it, as in a limit's name. `and` as one
 * of its words would make the name of a compound scope ambiguous.
 */
export const LABEL_PATTERN = "(?!and_)[a-z](?:(?!_and_)[a-z0-9_]){0,63}";
const LABEL_THEN_UNDERSCORE = new RegExp(`^${LABEL_PATTERN}_$`);

/** The parts of a limit's name. */
export interface LimitName {
  readonly scope: Scope;
  readonly metric: Metric;
  readonly window: Window;
}

/** A limit of a configuration or a bucket. */
export interface Limit extends LimitName {
  /** As the configuration spells it. */
  readonly name: string;
  /** In the metric's inner unit: tokens, calls, nano-USD, or milliseconds. */
  readonly max: number;
}

/**
 * Parses a limit's name: `[per_<scope>_]max_<metric>[_per_<window>]`.
 *
 * @returns its parts, or a sentence that says what is wrong with it and what is allowed
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
  const noWindow = whyNoWindow(metric);
  return noWindow ? `takes no window: ${noWindow}` : { scope, metric, window };
}

/** Prints the canonical name, which `parseLimitName` parses to the same parts. */
export function printLimitName({ scope, metric, window }: LimitName): string {
  const prefix = scope === TENANT ? "" : `per_${scope}_`;
  return `${prefix}max_${metric}${window.kind === "lifetime" ? "" : `_per_${window.id}`}`;
}

/** Describes a limit in a warning, in the original's words: `tokens`, `cost`, `per-user tokens per day`. */
export function describeLimit({ scope, metric, window }: LimitName): string {
  const what = metric === "cost_usd" ? "cost" : metric.replaceAll("_", " ");
  const whose = scope === TENANT ? "" : `per-${scope.replaceAll("_", "-")} `;
  return `${whose}${what}${window.kind === "lifetime" ? "" : ` per ${window.id}`}`;
}

/** Parses a scope's name, whose parts can be in any order; undefined if it is invalid. */
export function parseScope(name: string): Scope | undefined {
  if (name === TENANT) return TENANT;
  const parts = name.split(JOINT);
  const isKnown = (part: string) => part === USER || isLabelName(part);
  if (parts.length > MAX_PARTS || !parts.every(isKnown) || new Set(parts).size < parts.length) return undefined;
  return parts.sort((a, b) => Number(b === USER) - Number(a === USER) || compareText(a, b)).join(JOINT);
}

/** The parts of a scope: none for the tenant, else `user` and labels' names. */
export function scopeParts(scope: Scope): readonly string[] {
  return scope === TENANT ? [] : scope.split(JOINT);
}

export function isLabelName(name: string): boolean {
  return name !== TENANT && name !== USER && LABEL_THEN_UNDERSCORE.test(`${name}_`);
}

/** Orders scopes as decisions check them: the tenant, user, labels, then compounds, those of fewer parts first. */
export function compareScopes(a: Scope, b: Scope): number {
  return scopeParts(a).length - scopeParts(b).length || Number(b === USER) - Number(a === USER) || compareText(a, b);
}

/** Orders limits as decisions check them: by scope, then by metric, then the longest window first. */
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
