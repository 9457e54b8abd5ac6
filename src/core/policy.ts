import { Calendar, type Weekday } from "./calendar.ts";
import {
  compareLimits,
  type Limit,
  type LimitName,
  type Metric,
  parseLimitName,
  printLimitName,
  type Scope,
} from "./limits.ts";
import { nanoFromUsd } from "./money.ts";
import { isWhole, isWithin, MAX_SECONDS, type Rule, SETTINGS } from "./settings.ts";

/** What a model's tokens cost, in USD per million. A cache price that is absent is the input's. */
export interface ModelPrice {
  readonly input_usd: number;
  readonly output_usd: number;
  readonly cache_read_usd?: number | undefined;
  readonly cache_write_usd?: number | undefined;
}

/** Maxima under limits' names: tokens and calls as integers, cost in USD, wall clock in seconds. Null: no limit. */
export interface Maxima {
  [limit: `max_${string}` | `per_${string}_max_${string}`]: number | null | undefined;
}

/** A configuration as written: maxima under their limits' names, and settings beside them. */
export interface BudgetConfig extends Maxima {
  /** The share of a maximum at which decisions turn to `warn`, 0 to 1. Default 0.8. */
  soft_warning_at?: number | undefined;
  /** An IANA name; calendar windows are this zone's. Default UTC. */
  timezone?: string | undefined;
  /** `HH:MM`, local. Default 00:00. */
  day_starts_at?: string | undefined;
  /** Default monday. */
  week_starts_on?: Weekday | undefined;
  /** The billing day, 1 to 28. Default 1. */
  month_starts_on?: number | undefined;
  /** `shadow`: no limit blocks, and decisions say which one would have. Default enforce. */
  enforcement?: "enforce" | "shadow" | undefined;
  /** Names of this configuration's limits that do not block, while decisions say that they would have. */
  shadow_limits?: readonly string[] | undefined;
  /** How many buckets of each scope are kept; the one untouched for longest goes first. Null: all. Default 100,000. */
  max_users?: number | null | undefined;
  /** Seconds without a touch after which a bucket is forgotten. Null: never. */
  user_idle_ttl_seconds?: number | null | undefined;
  /** The most tokens that one event, or one reservation, can have. Default 100,000,000. */
  max_event_tokens?: number | undefined;
  /** The most USD that one event, or one reservation, can cost. Default 10,000. */
  max_event_cost_usd?: number | undefined;
  /** How long a reservation holds that does not say. Default 60. */
  reservation_ttl_seconds?: number | undefined;
  /** How much of what others leave of a limit the open reservations of one bound caller may keep. Default 0.5. */
  max_reserved_share?: number | undefined;
  /** How long entries of the ledger are kept. Default 35. */
  ledger_retention_days?: number | undefined;
  /** Prices of models, before those of the catalogue. */
  prices?: Readonly<Record<string, ModelPrice>> | undefined;
}

/** A configuration made ready for decisions: limits in the order they are checked, inner units. */
export interface Policy {
  readonly limits: readonly Limit[];
  /** The limits of each scope that has any, in order. */
  readonly limitsByScope: ReadonlyMap<Scope, readonly Limit[]>;
  readonly softWarningAt: number;
  readonly calendar: Calendar;
  /** True for a limit that does not block. */
  readonly isShadow: (limitName: string) => boolean;
  readonly maxBuckets: number | null;
  readonly idleTtlMs: number | null;
  readonly maxEventTokens: number;
  readonly maxEventCostNanoUsd: number;
  readonly reservationTtlMs: number;
  readonly maxReservedShare: number;
  readonly ledgerRetentionMs: number;
  readonly prices: Readonly<Record<string, ModelPrice>>;
}

/** What is wrong with one key of a configuration. */
export interface ConfigIssue {
  readonly key: string;
  readonly detail: string;
}

const DAY_MS = 86_400_000;
/** How many limits a configuration can have: a rolling window takes up to 3 kB of a bucket's row. */
const MAX_LIMITS = 100;
const MAX_COUNT = Number.MAX_SAFE_INTEGER;
const MAX_COST_USD = 9_000_000;

/** What each metric's maximum takes, and how it becomes the inner unit. */
const MAXIMA: Readonly<Record<Metric, Rule & { readonly inner: (value: number) => number }>> = (() => {
  const count = { accepts: isWhole, takes: `a whole number from 0 to ${MAX_COUNT}, or null`, inner: (n: number) => n };
  return {
    tokens: count,
    input_tokens: count,
    output_tokens: count,
    calls: count,
    concurrent_calls: count,
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
  const isSetting = (key: string) => Object.hasOwn(SETTINGS, key);
  const maxima = Object.fromEntries(Object.entries(config).filter(([key]) => !isSetting(key)));
  const issues = Object.entries(config).flatMap(([key, value]) => {
    const rule = isSetting(key) ? SETTINGS[key] : undefined;
    return rule && value !== undefined && !rule.accepts(value) ? [{ key, detail: `takes ${rule.takes}` }] : [];
  });
  return [...issues, ...maximaIssues(maxima), ...shadowIssues(config)];
}

/** Lists what is wrong with maxima, among them two names of one limit. */
export function maximaIssues(maxima: Readonly<Record<string, unknown>>, maxLimits = MAX_LIMITS): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const spelled = new Map<string, string>();
  const [, beyond] = Object.keys(maxima)
    .filter((key) => maxima[key] != null)
    .slice(maxLimits - 1);
  if (beyond !== undefined) return [{ key: beyond, detail: `is one limit too many: up to ${maxLimits} can be set` }];
  for (const [key, value] of Object.entries(maxima)) {
    const name = parseLimitName(key);
    if (typeof name === "string") {
      issues.push({ key, detail: name });
      continue;
    }
    const twin = spelled.get(printLimitName(name));
    spelled.set(printLimitName(name), key);
    if (twin !== undefined) issues.push({ key, detail: `is the same limit as ${twin}` });
    const { accepts, takes } = MAXIMA[name.metric];
    if (value !== null && value !== undefined && !accepts(value)) issues.push({ key, detail: `takes ${takes}` });
  }
  return issues;
}

function shadowIssues(config: Readonly<Record<string, unknown>>): ConfigIssue[] {
  const { shadow_limits: names } = config;
  if (!Array.isArray(names)) return [];
  // What is no text is told of by the setting's own rule.
  const unknown = names
    .filter((name) => typeof name === "string")
    .filter((name) => config[name] === undefined || config[name] === null || name in SETTINGS);
  return unknown.map((name) => ({
    key: "shadow_limits",
    detail: `names "${name}", which this configuration does not limit`,
  }));
}

/** Makes maxima ready for decisions, in the order they are checked. They must have no issues. */
export function compileMaxima(maxima: Maxima): Limit[] {
  const limits = Object.entries(maxima).flatMap(([name, value]) => {
    const parts = Object.hasOwn(SETTINGS, name) ? "" : parseLimitName(name);
    return typeof parts === "string" || typeof value !== "number" ? [] : [limitOf(name, parts, value)];
  });
  return limits.sort(compareLimits);
}

function limitOf(name: string, parts: LimitName, value: number): Limit {
  return { ...parts, name, max: MAXIMA[parts.metric].inner(value) };
}

/**
 * Makes a configuration ready for decisions.
 *
 * @throws RangeError that names the first key at fault and what it takes
 */
export function compilePolicy(config: BudgetConfig): Policy {
  const [issue] = configIssues(config as Record<string, unknown>);
  if (issue) throw new RangeError(`${issue.key} ${issue.detail}`);
  const limits = compileMaxima(config);
  const shadowed = new Set(config.shadow_limits);
  const idleTtlSeconds = config.user_idle_ttl_seconds ?? null;
  return {
    limits,
    limitsByScope: Map.groupBy(limits, ({ scope }) => scope),
    softWarningAt: config.soft_warning_at ?? 0.8,
    calendar: new Calendar({
      timezone: config.timezone ?? "UTC",
      dayStartsAt: config.day_starts_at ?? "00:00",
      weekStartsOn: config.week_starts_on ?? "monday",
      monthStartsOn: config.month_starts_on ?? 1,
    }),
    isShadow: (name) => config.enforcement === "shadow" || shadowed.has(name),
    maxBuckets: config.max_users === undefined ? 100_000 : config.max_users,
    idleTtlMs: idleTtlSeconds === null ? null : Math.round(idleTtlSeconds * 1000),
    maxEventTokens: config.max_event_tokens ?? 100_000_000,
    maxEventCostNanoUsd: nanoFromUsd(config.max_event_cost_usd ?? 10_000),
    reservationTtlMs: Math.round((config.reservation_ttl_seconds ?? 60) * 1000),
    maxReservedShare: config.max_reserved_share ?? 0.5,
    ledgerRetentionMs: (config.ledger_retention_days ?? 35) * DAY_MS,
    prices: config.prices ?? {},
  };
}
