import type { Budget, BudgetStatus, UsageTotals } from "./budget.ts";

/** The budget of who wants none: every step is allowed, nothing is counted. */
export class NoBudget implements Budget {
  allowsStep(): BudgetStatus {
    return { state: "ok", reason: null, limit: null };
  }

  consume(): BudgetStatus {
    return this.allowsStep();
  }

  usageFor(): UsageTotals {
    return { tokens_in: 0, tokens_out: 0, tokens_total: 0, cost_usd: 0, calls: 0 };
  }
}
