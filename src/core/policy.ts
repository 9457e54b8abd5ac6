import { compareLimits, type Limit, type Metric, parseLimitName, printLimitName } from "./limits.ts";
import { nanoFromUsd } from "./money.ts";

/**
 * A configuration as written: maxima under their limits' names, and settings beside them.
 * A limit that is absent or null does not exist.
 */
export interface BudgetConfig {
  /** The share of a maximum at which decisions turn to `warn`, 0 to 1. Default 0.8. */
  soft_warning_at?: number | undefined;
  /** How many users' buckets are kept; the one untouched for longest goes first. Null: no bound. Default 100,000. */
  max_users?: number | null | undefined;
  /** Seconds without a touch after which a user's bucket is forgotten. Null: never. */
  user_idle_ttl_seconds?: number | null | undefined;
  /** Maxima: tokens and calls as integers, cost in USD, wall clock in seconds. */
  [limit: `max_${string}` | `per_${string}_max_${string}`]: number | null | undefined;
}

/** A configuration made ready for decisions: limits in the order they are checked, inner units. */
export interface Policy {
  readonly limits: readonly Limit[];
  readonly softWarningAt: number;
  readonly maxUsers: number | null;
  readonly userIdleTtlMs: number | null;
}

/** What is wrong with one key of a configuration. */
export interface ConfigIssue {
  readonly key: string;
  readonly detail: string;
}

/** The largest maxima that sums can reach: 2^53−1 inner units. */
const MAX_COUNT = Number.MAX_SAFE_INTEGER;
const MAX_COST_USD = 9_000_000;
const MAX_SECONDS = 1e11;

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isWithin = (value: unknown, max: number): value is number =>
  typeof value === "number" && value >= 0 && value <= max;

interface Setting {
  readonly accepts: (value: unknown) => boolean;
  readonly takes: string;
}

const SETTINGS: Readonly<Record<string, Setting>> = {
  soft_warning_at: { accepts: (value) => isWithin(value, 1), takes: "a number from 0 to 1" },
  max_users: {
    accepts: (value) => value === null || (isWhole(value) && value > 0),
    takes: "a whole number from 1, or null for no bound",
  },
  user_idle_ttl_seconds: {
    accepts: (value) => value === null || (isWithin(value, MAX_SECONDS) && value > 0),
    takes: "a number of seconds above 0, or null for never",
  },
};

/** What each metric's maximum takes, and how it becomes the inner unit. */
const MAXIMA: Readonly<Record<Metric, Setting & { readonly inner: (value: number) => number }>> = (() => {
  const count = { accepts: isWhole, takes: `a whole number from 0 to ${MAX_COUNT}, or null`, inner: (n: number) => n };
  return {
    tokens: count,
    input_tokens: count,
    output_tokens: count,
    calls: count,
    cost_usd: {
      accepts: (value: unknown) => isWithin(value, MAX_COST_USD),
      takes: `a number of USD from 0 to ${MAX_COST_USD}, or null`,
      inner: nanoFromUsd,
    },
    wall_clock: {
      accepts: (value: unknown) => isWithin(value, MAX_SECONDS),
      takes: `a number of seconds from 0 to ${MAX_SECONDS}, or null`,
      inner: (seconds: number) => Math.round(seconds * 1000),
    },
  };
})();

/** Lists what is wrong with a configuration; empty where nothing is. */
export function configIssues(config: Readonly<Record<string, unknown>>): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  for (const [key, value] of Object.entries(config)) {
    const setting = Object.hasOwn(SETTINGS, key) ? SETTINGS[key] : undefined;
    if (setting) {
      if (value !== undefined && !setting.accepts(value)) issues.push({ key, detail: `takes ${setting.takes}` });
      continue;
    }
    const name = parseLimitName(key);
    if (typeof name === "string") {
      issues.push({ key, detail: name });
    } else if (value !== null && value !== undefined && !MAXIMA[name.metric].accepts(value)) {
      issues.push({ key, detail: `takes ${MAXIMA[name.metric].takes}` });
    }
  }
  return issues;
}

/**
 * Makes a configuration ready for decisions.
 *
 * @throws RangeError that names the first key at fault and what it takes
 */
export function compilePolicy(config: BudgetConfig): Policy {
  const [issue] = configIssues(config as Record<string, unknown>);
  if (issue) throw new RangeError(`${issue.key} ${issue.detail}`);
  const limits: Limit[] = [];
  for (const [key, value] of Object.entries(config)) {
    const name = parseLimitName(key);
    if (typeof name === "string" || typeof value !== "number" || Object.hasOwn(SETTINGS, key)) continue;
    limits.push({ ...name, name: printLimitName(name), max: MAXIMA[name.metric].inner(value) });
  }
  const idleTtlSeconds = config.user_idle_ttl_seconds ?? null;
  return {
    limits: limits.sort(compareLimits),
    softWarningAt: config.soft_warning_at ?? 0.8,
    maxUsers: config.max_users === undefined ? 100_000 : config.max_users,
    userIdleTtlMs: idleTtlSeconds === null ? null : Math.round(idleTtlSeconds * 1000),
  };
}
