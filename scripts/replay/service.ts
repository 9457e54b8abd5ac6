/** Replays a log through a running service, over HTTP. */
import { BudgetClient } from "../../src/client/index.ts";
import type { BudgetConfig, BudgetStatus, ConsumeStatus, EstimateRequest } from "../../src/core/index.ts";
import type { ReplayOptions } from "./options.ts";
import type { ReplayedBudget } from "./replayed-budget.ts";
import type { Row } from "./row.ts";

type Service = NonNullable<ReplayOptions["service"]>;
type Totals = Awaited<ReturnType<ReplayedBudget["totals"]>>;

/** A running service, called over HTTP. What the tenant spent before is left out of the totals. */
export class ServiceBudget implements ReplayedBudget {
  readonly #client: BudgetClient;
  readonly #sendClock: boolean;
  #before: Totals = { tokens_in: 0, tokens_out: 0, cost_usd: 0 };
  #lastAtMs = 0;

  constructor({ sendClock, ...options }: Service) {
    this.#client = new BudgetClient(options);
    this.#sendClock = sendClock;
  }

  /** Begins at a time, in epoch milliseconds, with a configuration or with the tenant's own. */
  async begin(config: BudgetConfig | undefined, atMs: number): Promise<void> {
    this.#lastAtMs = atMs;
    if (config) await this.#call("PUT", "/config", config);
    this.#before = await this.#call<Totals>("GET", "/tenant/usage");
  }

  allowsStep(step: EstimateRequest, { atMs }: Row): Promise<BudgetStatus> {
    this.#lastAtMs = atMs;
    return this.#call("POST", "/allows-step", step);
  }

  consume({ spent }: Row): Promise<ConsumeStatus> {
    return this.#call("POST", "/consume", spent);
  }

  async totals(): Promise<Totals> {
    const now = await this.#call<Totals>("GET", "/tenant/usage");
    return {
      tokens_in: now.tokens_in - this.#before.tokens_in,
      tokens_out: now.tokens_out - this.#before.tokens_out,
      cost_usd: (Math.round(now.cost_usd * 1e9) - Math.round(this.#before.cost_usd * 1e9)) / 1e9,
    };
  }

  #call<T>(method: string, path: string, body?: object): Promise<T> {
    const clock = { "x-clock": new Date(this.#lastAtMs).toISOString() };
    return this.#client.call(method, path, body, this.#sendClock ? clock : undefined);
  }
}
