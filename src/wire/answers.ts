import type { BudgetConfig, Decision, UsageTotals } from "../core/index.ts";
import type { Refusal } from "./problem.ts";

/** What the object answers: a refusal is an answer, and only a fault of the platform or of ours throws. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** The decision for the next step. */
export type DecisionAnswer = Decision;

/** A bucket's totals. Times are RFC 3339; a bucket that does not exist has not started. */
export interface UsageAnswer extends UsageTotals {
  readonly started_at: string | null;
  /** Seconds since `started_at`, what `max_wall_clock` counts. */
  readonly wall_clock: number;
}

/** The tenant's totals, and how many users have a bucket. */
export interface TenantUsageAnswer extends UsageAnswer {
  readonly users: number;
}

/** The configuration as it was put, without its nulls. */
export type ConfigAnswer = BudgetConfig;
