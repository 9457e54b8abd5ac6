/** A configuration compiled for decisions. */
import { Calendar } from "./calendar.ts";
import { type BudgetConfig, configIssues, type Maxima, settingNamed } from "./config.ts";
import { compareLimits, type Limit, parseLimitName, type Scope } from "./limits.ts";
import { innerAmount } from "./metrics.ts";
import { nanoFromUsd } from "./money.ts";
import { settingsOf } from "./settings.ts";
import type { ModelPrice } from "./values.ts";

/** Limits in the order they are checked, and settings in inner units. */
export interface Policy {
  readonly limits: readonly Limit[];
  /** The limits of each scope that has any, in order. */
  readonly limitsByScope: ReadonlyMap<Scope, readonly Limit[]>;
  readonly softWarningAt: number;
  readonly calendar: Calendar;
  /** True for a limit that does not block. */
  readonly isShadow: (limitName: string) => boolean;
  /** How many buckets a scope can have; null: any number. */
  readonly maxBuckets: number | null;
  /** Null: no bucket is ever idle. */
  readonly idleTtlMs: number | null;
  readonly maxEventTokens: number;
  readonly maxEventCostNanoUsd: number;
  readonly reservationTtlMs: number;
  readonly maxReservedShare: number;
  readonly ledgerRetentionMs: number;
  readonly prices: Readonly<Record<string, ModelPrice>>;
}

const DAY_MS = 86_400_000;

/** Compiles maxima, which must have no issues, into limits in the order they are checked. */
export function compileMaxima(maxima: Maxima): Limit[] {
  const limits = Object.entries(maxima).flatMap(([name, value]) => {
    const parts = settingNamed(name) ? "" : parseLimitName(name);
    if (typeof parts === "string" || typeof value !== "number") return [];
    return [{ ...parts, name, max: innerAmount(parts.metric, value) }];
  });
  return limits.sort(compareLimits);
}

/**
 * Compiles a configuration.
 *
 * @throws RangeError that names the first invalid key and what it takes
 */
export function compilePolicy(config: BudgetConfig): Policy {
  const [issue] = configIssues(config as Record<string, unknown>);
  if (issue) throw new RangeError(`${issue.key} ${issue.detail}`);
  const limits = compileMaxima(config);
  const settings = settingsOf(config);
  const shadowed = new Set(settings.shadow_limits);
  const idleTtlSeconds = settings.user_idle_ttl_seconds;
  return {
    limits,
    limitsByScope: Map.groupBy(limits, ({ scope }) => scope),
    softWarningAt: settings.soft_warning_at,
    calendar: new Calendar({
      timezone: settings.timezone,
      dayStartsAt: settings.day_starts_at,
      weekStartsOn: settings.week_starts_on,
      monthStartsOn: settings.month_starts_on,
    }),
    isShadow: (name) => settings.enforcement === "shadow" || shadowed.has(name),
    maxBuckets: settings.max_users,
    idleTtlMs: idleTtlSeconds === null ? null : Math.round(idleTtlSeconds * 1000),
    maxEventTokens: settings.max_event_tokens,
    maxEventCostNanoUsd: nanoFromUsd(settings.max_event_cost_usd),
    reservationTtlMs: Math.round(settings.reservation_ttl_seconds * 1000),
    maxReservedShare: settings.max_reserved_share,
    ledgerRetentionMs: settings.ledger_retention_days * DAY_MS,
    prices: settings.prices,
  };
}
