import type { Bucket, BucketKey } from "./bucket.ts";
import { type ConfigIssue, type Maxima, maximaIssues } from "./config.ts";
import { compareLimits, type Limit, type LimitName, parseLimitName, printLimitName, TENANT } from "./limits.ts";
import type { Pending } from "./pending.ts";
import { compileMaxima, type Policy } from "./policy.ts";
import type { Usage } from "./usage.ts";
import type { OpenWindow } from "./window.ts";

/** What an operator has set for one bucket, whether or not the bucket exists. It outlives the bucket's eviction. */
export interface Overrides extends BucketKey {
  /** Maxima of its own, under names without a scope. Null lifts a limit. */
  readonly maxima: Maxima | null;
  /** The same for a time; it goes before `maxima` until it ends. */
  readonly raise: { readonly maxima: Maxima; readonly untilMs: number } | null;
  /** Blocks every step until `untilMs`, or until it is lifted. */
  readonly freeze: { readonly untilMs: number | null } | null;
}

/** A bucket that a step is charged to, if it exists yet, and what is set for it. */
export interface BucketView {
  readonly key: BucketKey;
  readonly bucket: Bucket | undefined;
  readonly overrides: Overrides | undefined;
  /** What live holds keep of it. */
  readonly pending: Pending;
  /** What expired holds are charged and is not recorded yet. It counts as used. */
  readonly due: Usage;
}

/** How many limits a bucket can have of its own, and again for a time: its row has the windows of them all. */
const MAX_OWN_LIMITS = 25;

/** Lists what is wrong with an override's maxima; empty where nothing is. */
export function overrideIssues(maxima: Readonly<Record<string, unknown>>): ConfigIssue[] {
  const issues = maximaIssues(maxima, MAX_OWN_LIMITS);
  if (issues.length > 0) return issues;
  const scoped = Object.keys(maxima).filter((key) => key.startsWith("per_"));
  return scoped.map((key) => ({
    key,
    detail: "names a scope; the bucket says whose limit it is, so this takes max_…",
  }));
}

/** True if something is set for the bucket now: what was set for a time ends with it. */
export function isInForce(overrides: Overrides | undefined, nowMs: number): boolean {
  if (!overrides) return false;
  return overrides.maxima !== null || raisedMaxima(overrides, nowMs) !== undefined || isFrozen(overrides, nowMs);
}

/** The maxima that are set for a time, until it ends. */
function raisedMaxima(overrides: Overrides | undefined, nowMs: number): Maxima | undefined {
  const raise = overrides?.raise;
  return raise && nowMs < raise.untilMs ? raise.maxima : undefined;
}

/** True while steps of the bucket are blocked by a freeze. */
export function isFrozen(overrides: Overrides | undefined, nowMs: number): boolean {
  const freeze = overrides?.freeze;
  return freeze != null && (freeze.untilMs === null || nowMs < freeze.untilMs);
}

/** The limits of one view: its scope's, with those of its own in their place, in the order they are checked. */
export function limitsOf(
  policy: Policy,
  { key, overrides }: Pick<BucketView, "key" | "overrides">,
  nowMs: number,
): readonly Limit[] {
  const general = policy.limitsByScope.get(key.scope) ?? [];
  const raised = raisedMaxima(overrides, nowMs);
  if (!overrides?.maxima && !raised) return general;
  const own: Maxima = { ...overrides?.maxima, ...raised };
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
 * What the view's limits name: its scope's, and those of its own, lifted ones too. A limit lifted for a time is in
 * force again after it, with all that was spent meanwhile, so its window counts on.
 */
function namedLimits(
  policy: Policy,
  { key, overrides }: Pick<BucketView, "key" | "overrides">,
  nowMs: number,
): readonly LimitName[] {
  const general = policy.limitsByScope.get(key.scope) ?? [];
  if (!overrides) return general;
  const raised = raisedMaxima(overrides, nowMs);
  const own = [...Object.keys(overrides.maxima ?? {}), ...Object.keys(raised ?? {})].map(parseLimitName);
  return [...general, ...own.filter((name) => typeof name !== "string")];
}

function canonicalName(name: string): string {
  const parts = parseLimitName(name);
  return typeof parts === "string" ? name : printLimitName(parts);
}

/** The windows that some limit of the view names, lifted ones too; no other is counted. */
export function windowsOf(policy: Policy, view: Pick<BucketView, "key" | "overrides">, nowMs: number): OpenWindow[] {
  const windows = new Map<string, OpenWindow>();
  for (const { window } of namedLimits(policy, view, nowMs)) {
    if (window.kind !== "lifetime") windows.set(window.id, window);
  }
  return [...windows.values()];
}
