/** Overrides: the limits and freezes that an operator sets for one bucket, and the limits that result. */
import type { Bucket, BucketKey } from "./bucket.ts";
import { type ConfigIssue, type Maxima, maximaIssues } from "./config.ts";
import { compareLimits, type Limit, type LimitName, parseLimitName, printLimitName, TENANT } from "./limits.ts";
import type { Pending } from "./pending.ts";
import { compileMaxima, type Policy } from "./policy.ts";
import type { Usage } from "./usage.ts";
import type { OpenWindow } from "./window.ts";

/** They can be set before the bucket exists, and outlive its eviction. */
export interface Overrides extends BucketKey {
  /** Under limits' names without a scope; a maximum of null lifts the limit. */
  readonly maxima: Maxima | null;
  /** Temporary maxima, which take precedence over `maxima` until they expire. */
  readonly raise: { readonly maxima: Maxima; readonly untilMs: number } | null;
  /** Blocks every step until `untilMs`; null: until it is lifted. */
  readonly freeze: { readonly untilMs: number | null } | null;
}

/** A bucket as a decision sees it. */
export interface BucketView {
  readonly key: BucketKey;
  /** Undefined if it does not exist yet. */
  readonly bucket: Bucket | undefined;
  readonly overrides: Overrides | undefined;
  /** The pending amounts of open reservations. */
  readonly pending: Pending;
  /** The charges of due reservations, which count as used. */
  readonly due: Usage;
}

/** How many maxima of its own a bucket can have, and temporary ones besides: its row has all their windows. */
const MAX_OWN_LIMITS = 25;

/** Lists what is wrong with a bucket's own maxima; empty if nothing is. */
export function overrideIssues(maxima: Readonly<Record<string, unknown>>): ConfigIssue[] {
  const issues = maximaIssues(maxima, MAX_OWN_LIMITS);
  if (issues.length > 0) return issues;
  const scoped = Object.keys(maxima).filter((key) => key.startsWith("per_"));
  return scoped.map((key) => ({
    key,
    detail: "names a scope; a bucket's own limits are named without one, as max_…",
  }));
}

/** True if any of the overrides has not expired. */
export function isInForce(overrides: Overrides | undefined, nowMs: number): boolean {
  if (!overrides) return false;
  return overrides.maxima !== null || temporaryMaxima(overrides, nowMs) !== undefined || isFrozen(overrides, nowMs);
}

function temporaryMaxima(overrides: Overrides | undefined, nowMs: number): Maxima | undefined {
  const raise = overrides?.raise;
  return raise && nowMs < raise.untilMs ? raise.maxima : undefined;
}

export function isFrozen(overrides: Overrides | undefined, nowMs: number): boolean {
  const freeze = overrides?.freeze;
  return freeze != null && (freeze.untilMs === null || nowMs < freeze.untilMs);
}

/** The limits of a bucket in the order they are checked: its own, which replace its scope's of the same name. */
export function limitsOf(
  policy: Policy,
  { key, overrides }: Pick<BucketView, "key" | "overrides">,
  nowMs: number,
): readonly Limit[] {
  const general = policy.limitsByScope.get(key.scope) ?? [];
  const temporary = temporaryMaxima(overrides, nowMs);
  if (!overrides?.maxima && !temporary) return general;
  const own: Maxima = { ...overrides?.maxima, ...temporary };
  const identity = (limit: Limit) => printLimitName({ ...limit, scope: TENANT });
  const spelled = new Map(general.map((limit) => [identity(limit), limit.name]));
  const overridden = new Set(Object.keys(own).map(canonicalName));
  const replaced = compileMaxima(own).map((limit) => {
    const scoped = { ...limit, scope: key.scope };
    return { ...scoped, name: spelled.get(identity(limit)) ?? printLimitName(scoped) };
  });
  return [...general.filter((limit) => !overridden.has(identity(limit))), ...replaced].sort(compareLimits);
}

/**
 * The names of a bucket's limits, lifted ones included: a limit can be lifted temporarily, and then applies again with
 * all that was spent meanwhile, so its window must count on.
 */
function namedLimits(
  policy: Policy,
  { key, overrides }: Pick<BucketView, "key" | "overrides">,
  nowMs: number,
): readonly LimitName[] {
  const general = policy.limitsByScope.get(key.scope) ?? [];
  if (!overrides) return general;
  const temporary = temporaryMaxima(overrides, nowMs);
  const own = [...Object.keys(overrides.maxima ?? {}), ...Object.keys(temporary ?? {})].map(parseLimitName);
  return [...general, ...own.filter((name) => typeof name !== "string")];
}

function canonicalName(name: string): string {
  const parts = parseLimitName(name);
  return typeof parts === "string" ? name : printLimitName(parts);
}

/** The windows that a bucket counts: those of its limits, lifted ones included. */
export function windowsOf(policy: Policy, view: Pick<BucketView, "key" | "overrides">, nowMs: number): OpenWindow[] {
  const windows = new Map<string, OpenWindow>();
  for (const { window } of namedLimits(policy, view, nowMs)) {
    if (window.kind !== "lifetime") windows.set(window.id, window);
  }
  return [...windows.values()];
}
