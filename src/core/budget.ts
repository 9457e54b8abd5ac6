import type { Decision } from "./decision.ts";

type Awaitable<T> = T | Promise<T>;

/** The answer of `allowsStep`. */
export type BudgetStatus = Decision;

/** Who asks. Null or absent: the anonymous user. */
export interface StepRequest {
  readonly user_id?: string | null | undefined;
}

/** What a step came to: whole tokens and decimal USD, all zero where absent. */
export interface Consumption {
  readonly tokens_in?: number | undefined;
  readonly tokens_out?: number | undefined;
  readonly cost_usd?: number | undefined;
  readonly user_id?: string | null | undefined;
}

/** Totals: whole tokens, decimal USD, and how many times something was consumed. */
export interface UsageTotals {
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly tokens_total: number;
  readonly cost_usd: number;
  readonly calls: number;
}

/**
 * What an agent holds, wherever the counting happens. Code that awaits each answer runs unchanged on a budget
 * in its own process and on a remote one.
 */
export interface Budget {
  /** May this user take the next step? Records nothing. */
  allowsStep(step?: StepRequest): Awaitable<BudgetStatus>;
  /** Records what was spent and answers for the step after it. Never refused for a limit: spent is spent. */
  consume(spent: Consumption): Awaitable<BudgetStatus>;
  /** A user's totals so far; zeros for one that is not known. */
  usageFor(userId?: string | null): Awaitable<UsageTotals>;
}
