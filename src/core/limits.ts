/** What a limit counts. The order is the one in which limits of a scope are checked. */
export const METRICS = ["tokens", "input_tokens", "output_tokens", "cost_usd", "wall_clock", "calls"] as const;
export type Metric = (typeof METRICS)[number];

/** Whose spending a limit counts: the tenant's as a whole, or each user's by itself. */
export const SCOPES = ["tenant", "user"] as const;
export type Scope = (typeof SCOPES)[number];

/** What a limit's name says: whose spending, and of what. */
export interface LimitName {
  readonly scope: Scope;
  readonly metric: Metric;
}

/** A limit as configured. `max` is in the metric's inner unit: tokens, calls, nano-USD, or milliseconds. */
export interface Limit extends LimitName {
  readonly name: string;
  readonly max: number;
}

/**
 * Reads a limit's name: `[per_<scope>_]max_<metric>`.
 *
 * @returns the name's parts, or a sentence that says what is wrong with it and what is allowed
 */
export function parseLimitName(name: string): LimitName | string {
  // The scope is greedy: it ends at the last `_max_`.
  const match = /^(?:per_([a-z][a-z0-9_]*)_)?max_(.+)$/.exec(name);
  if (!match) {
    return `is neither a setting nor a limit; a limit is named [per_user_]max_<metric> with a metric of ${METRICS.join(", ")}`;
  }
  const [, scope = "tenant", metric = ""] = match;
  if (scope === "tenant" && name.startsWith("per_"))
    return "needs no per_tenant_: a limit without per_… is the tenant's";
  if (!isOneOf(SCOPES, scope))
    return `has an unknown scope "${scope}"; a limit counts for the tenant (no prefix) or per_user_`;
  if (!isOneOf(METRICS, metric)) return `has an unknown metric "${metric}"; a limit counts ${METRICS.join(", ")}`;
  return { scope, metric };
}

/** Prints the name that `parseLimitName` reads back to the same parts. */
export function printLimitName({ scope, metric }: LimitName): string {
  return scope === "tenant" ? `max_${metric}` : `per_${scope}_max_${metric}`;
}

/** How a warning speaks of a limit, in the original's words: `tokens`, `cost`, `per-user tokens`. */
export function describeLimit({ scope, metric }: LimitName): string {
  const what = metric === "cost_usd" ? "cost" : metric.replaceAll("_", " ");
  return scope === "tenant" ? what : `per-${scope} ${what}`;
}

/** Orders limits as decisions check them: tenant before user, then by metric. */
export function compareLimits(a: LimitName, b: LimitName): number {
  return SCOPES.indexOf(a.scope) - SCOPES.indexOf(b.scope) || METRICS.indexOf(a.metric) - METRICS.indexOf(b.metric);
}

function isOneOf<T extends string>(allowed: readonly T[], value: string): value is T {
  return (allowed as readonly string[]).includes(value);
}
