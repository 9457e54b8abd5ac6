/** The budget in this process. */
import { userKey } from "./bucket.ts";
import type { Budget } from "./budget.ts";
import type { BudgetConfig } from "./config.ts";
import { type Consumption, isFree, type Pricer, pricedUsageOf, subjectOf } from "./consumption.ts";
import { type EstimateRequest, estimateOf, hasEstimate, requirePrice } from "./estimate.ts";
import { MemoryBuckets } from "./memory-buckets.ts";
import { compilePolicy, type Policy } from "./policy.ts";
import { RulesEngine } from "./rules-engine.ts";
import { SETTINGS } from "./settings.ts";
import { type BudgetStatus, type ConsumeStatus, recordedCost, statusOf, totalsOf, type UsageTotals } from "./status.ts";
import { NO_USAGE } from "./usage.ts";

export interface StandardBudgetOptions {
  /** How many buckets a scope can have. Null: no bound. Default: the configuration's, else 100,000. */
  max_users?: number | null | undefined;
  /** The time without a touch after which a bucket is evicted. Null: never. Default: the configuration's, else 86,400. */
  user_idle_ttl_seconds?: number | null | undefined;
  /** The time in epoch milliseconds. Default `Date.now`. */
  clock?: (() => number) | undefined;
  /** Prices calls that have a model and no cost. Without a pricer, their cost is unknown. */
  pricer?: Pricer | undefined;
}

/**
 * A budget in this process's memory: exact and immediate, lost when the process ends.
 *
 * @example
 * const budget = new StandardBudget({ max_tokens: 100_000, per_user_max_cost_usd: 5 });
 * if (budget.allowsStep({ user_id: "alice" }).state !== "blocked") {
 *   budget.consume({ tokens_in: 1200, tokens_out: 340, cost_usd: 0.0071, user_id: "alice" });
 * }
 */
export class StandardBudget implements Budget {
  readonly #policy: Policy;
  readonly #engine = new RulesEngine(new MemoryBuckets());
  readonly #clock: () => number;
  readonly #pricer: Pricer | undefined;

  /** @throws RangeError that names the invalid key of `config` or `options` and what it takes */
  constructor(config: BudgetConfig = {}, options: StandardBudgetOptions = {}) {
    const { clock = Date.now, pricer, ...bounds } = options;
    this.#policy = compilePolicy({
      user_idle_ttl_seconds: SETTINGS.user_idle_ttl_seconds.defaultInProcess,
      ...config,
      ...bounds,
    });
    this.#clock = clock;
    this.#pricer = pricer;
    this.#engine.tenant(clock());
  }

  /**
   * @throws RangeError that names the invalid field and what it takes, UnknownModelError if a limit could not count what
   *   the step costs
   */
  allowsStep(step: EstimateRequest = {}): BudgetStatus {
    const nowMs = this.#clock();
    const estimate = estimateOf(step, this.#policy.prices, this.#pricer, nowMs);
    const question = { estimate: hasEstimate(step) ? estimate.amounts : undefined, isFree: estimate.isFree };
    const decision = this.#engine.allowsStep(this.#policy, subjectOf(step), nowMs, question);
    requirePrice(decision, estimate);
    return statusOf(decision, nowMs, step.detail);
  }

  /** @throws RangeError that names the invalid field and what it takes; then nothing is recorded */
  consume(spent: Consumption): ConsumeStatus {
    const nowMs = this.#clock();
    const { usage, price } = pricedUsageOf(spent, this.#policy.prices, this.#pricer, nowMs);
    const { decision } = this.#engine.consume(this.#policy, subjectOf(spent), usage, nowMs, () => isFree(price));
    return { ...statusOf(decision, nowMs, spent.detail), ...recordedCost(usage, price) };
  }

  /** The tenant's totals: those of all users together. */
  usage(): UsageTotals {
    return totalsOf(this.#engine.tenant(this.#clock()).usage);
  }

  usageFor(userId: string | null = null): UsageTotals {
    return totalsOf(this.#engine.view(this.#policy, userKey(userId), this.#clock()).bucket?.usage ?? NO_USAGE);
  }
}
