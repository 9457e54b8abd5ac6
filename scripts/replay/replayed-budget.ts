/** The budget that a log is replayed through, in this process or in a service. */
import type { BudgetStatus, ConsumeStatus, EstimateRequest, UsageTotals } from "../../src/core/index.ts";
import type { Row } from "./row.ts";

export interface ReplayedBudget {
  /** May the step be taken, at a row's time? */
  allowsStep(step: EstimateRequest, row: Row): Promise<BudgetStatus>;
  consume(row: Row): Promise<ConsumeStatus>;
  /** What was consumed since the replay began. */
  totals(): Promise<Pick<UsageTotals, "tokens_in" | "tokens_out" | "cost_usd">>;
}
