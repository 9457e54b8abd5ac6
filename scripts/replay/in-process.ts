/** A budget without a service, under the rows' own clock. */
import {
  type BudgetConfig,
  type BudgetStatus,
  type ConsumeStatus,
  type EstimateRequest,
  StandardBudget,
  type UsageTotals,
} from "../../src/core/index.ts";
import { priceCall } from "../../src/pricing/index.ts";
import type { ReplayedBudget } from "./replayed-budget.ts";
import type { Row } from "./row.ts";

export class InProcessBudget implements ReplayedBudget {
  readonly #budget: StandardBudget;
  #nowMs: number;

  /** @param startMs when the budget begins: the first row's time, in epoch milliseconds */
  constructor(config: BudgetConfig | undefined, startMs: number) {
    this.#nowMs = startMs;
    const clock = () => this.#nowMs;
    this.#budget = new StandardBudget({ user_idle_ttl_seconds: null, ...config }, { clock, pricer: priceCall });
  }

  async allowsStep(step: EstimateRequest, { atMs }: Row): Promise<BudgetStatus> {
    this.#nowMs = atMs;
    return this.#budget.allowsStep(step);
  }

  async consume({ spent }: Row): Promise<ConsumeStatus> {
    return this.#budget.consume(spent);
  }

  async totals(): Promise<UsageTotals> {
    return this.#budget.usage();
  }
}
