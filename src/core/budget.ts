import type { Consumption } from "./consumption.ts";
import type { EstimateRequest } from "./estimate.ts";
import type { BudgetStatus, UsageTotals } from "./status.ts";

type Awaitable<T> = T | Promise<T>;

/**
 * What an agent holds, wherever the counting happens. Code that awaits each answer runs unchanged on a budget
 * in its own process and on a remote one.
 */
export interface Budget {
  /** May this subject take the next step, and does what it may come to fit? Records nothing. */
  allowsStep(step?: EstimateRequest): Awaitable<BudgetStatus>;
  /** Records what was spent and answers for the step after it. Never refused for a limit: spent is spent. */
  consume(spent: Consumption): Awaitable<BudgetStatus>;
  /** A user's totals so far; zeros for one that is not known. */
  usageFor(userId?: string | null): Awaitable<UsageTotals>;
}
