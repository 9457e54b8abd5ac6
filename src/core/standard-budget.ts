import { Accounts } from "./accounts.ts";
import type { Budget, BudgetStatus, Consumption, StepRequest, UsageTotals } from "./budget.ts";
import { MemoryBuckets } from "./memory-buckets.ts";
import { nanoFromUsd, usdFromNano } from "./money.ts";
import { type BudgetConfig, compilePolicy, type Policy } from "./policy.ts";
import { NO_USAGE, type Usage } from "./usage.ts";

export interface StandardBudgetOptions {
  /** How many users' buckets are kept. Null: no bound. Default 100,000. */
  max_users?: number | null | undefined;
  /** Seconds without a touch after which a user's bucket is forgotten. Null: never. Default 86,400. */
  user_idle_ttl_seconds?: number | null | undefined;
  /** The time in milliseconds; only differences matter. Default `Date.now`. */
  clock?: (() => number) | undefined;
}

/**
 * A budget in this process's memory: exact and immediate, gone when the process ends.
 *
 * @example
 * const budget = new StandardBudget({ max_tokens: 100_000, per_user_max_cost_usd: 5 });
 * if (budget.allowsStep({ user_id: "alice" }).state !== "blocked") {
 *   budget.consume({ tokens_in: 1200, tokens_out: 340, cost_usd: 0.0071, user_id: "alice" });
 * }
 */
export class StandardBudget implements Budget {
  readonly #policy: Policy;
  readonly #accounts = new Accounts(new MemoryBuckets());
  readonly #clock: () => number;

  /** @throws RangeError that names the key of `config` or `options` at fault and what it takes */
  constructor(config: BudgetConfig = {}, options: StandardBudgetOptions = {}) {
    const { clock = Date.now, max_users = 100_000, user_idle_ttl_seconds = 86_400 } = options;
    this.#policy = compilePolicy({ ...config, max_users, user_idle_ttl_seconds });
    this.#clock = clock;
    this.#accounts.tenant(clock());
  }

  allowsStep({ user_id }: StepRequest = {}): BudgetStatus {
    return this.#accounts.allowsStep(this.#policy, user_id, this.#clock());
  }

  /** @throws RangeError where an amount is not one, or a total would pass 2^53−1; then nothing is recorded */
  consume(spent: Consumption): BudgetStatus {
    return this.#accounts.consume(this.#policy, spent.user_id, usageOf(spent), this.#clock());
  }

  usageFor(userId?: string | null): UsageTotals {
    return totalsOf(this.#accounts.user(this.#policy, userId, this.#clock())?.usage ?? NO_USAGE);
  }
}

/**
 * Takes a consumption to inner units, as one call.
 *
 * @throws RangeError that names the field at fault and what it takes
 */
export function usageOf({ tokens_in = 0, tokens_out = 0, cost_usd = 0 }: Consumption): Usage {
  for (const [field, value] of Object.entries({ tokens_in, tokens_out })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${field} takes a whole number from 0`);
  }
  if (!Number.isFinite(cost_usd) || cost_usd < 0) throw new RangeError("cost_usd takes a number of USD from 0");
  return { inputTokens: tokens_in, outputTokens: tokens_out, costNanoUsd: nanoFromUsd(cost_usd), calls: 1 };
}

/** Takes totals to the wire's units. */
export function totalsOf(usage: Usage): UsageTotals {
  return {
    tokens_in: usage.inputTokens,
    tokens_out: usage.outputTokens,
    tokens_total: usage.inputTokens + usage.outputTokens,
    cost_usd: usdFromNano(usage.costNanoUsd),
    calls: usage.calls,
  };
}
