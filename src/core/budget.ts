/** The interface that every budget has, in this process or remote, and a budget without limits. */
import type { Consumption } from "./consumption.ts";
import type { EstimateRequest } from "./estimate.ts";
import { type BudgetStatus, type ConsumeStatus, totalsOf, type UsageTotals } from "./status.ts";
import { NO_USAGE } from "./usage.ts";

type Awaitable<T> = T | Promise<T>;

/** Code that awaits each answer runs unchanged on a budget in its own process and on a remote one. */
export interface Budget {
  /** Decides the next step, with its estimate if there is one. Records nothing. */
  allowsStep(step?: EstimateRequest): Awaitable<BudgetStatus>;
  /** Records what was spent and decides the step after it. Never refused for a limit: spent is spent. */
  consume(spent: Consumption): Awaitable<ConsumeStatus>;
  /** A user's totals; zeros for an unknown user. */
  usageFor(userId?: string | null): Awaitable<UsageTotals>;
}

/** Allows every step and counts nothing. */
export class NoBudget implements Budget {
  allowsStep(): BudgetStatus {
    return { state: "ok", reason: null, limit: null, remaining: {}, retry_after: null };
  }

  consume(): ConsumeStatus {
    return this.allowsStep();
  }

  usageFor(): UsageTotals {
    return totalsOf(NO_USAGE);
  }
}
