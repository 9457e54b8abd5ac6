/** The budget that a log is replayed through, in this process or in a service. */
import type { BudgetStatus, UsageTotals } from "../../src/core/index.ts";
import type { Row } from "./row.ts";

export interface ReplayedBudget {
  /** May the row's call be made, at the row's time? */
  allowsStep(row: Row): Promise<BudgetStatus>;
  consume(row: Row): Promise<void>;
  /** What was consumed since the replay began. */
  totals(): Promise<Pick<UsageTotals, "tokens_in" | "tokens_out" | "cost_usd">>;
}
