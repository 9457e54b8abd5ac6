import type { Budget } from "./budget.ts";
import { type BudgetStatus, totalsOf, type UsageTotals } from "./status.ts";
import { NO_USAGE } from "./usage.ts";

/** The budget of who wants none: every step is allowed, nothing is counted. */
export class NoBudget implements Budget {
  allowsStep(): BudgetStatus {
    return { state: "ok", reason: null, limit: null, remaining: {}, retry_after: null };
  }

  consume(): BudgetStatus {
    return this.allowsStep();
  }

  usageFor(): UsageTotals {
    return totalsOf(NO_USAGE);
  }
}
