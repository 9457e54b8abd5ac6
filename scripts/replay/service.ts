import type { BudgetConfig, BudgetStatus } from "../../src/core/index.ts";
import type { ReplayOptions } from "./options.ts";
import type { ReplayedBudget } from "./replayed-budget.ts";
import type { Row } from "./row.ts";

type Service = NonNullable<ReplayOptions["service"]>;
type Totals = Awaited<ReturnType<ReplayedBudget["totals"]>>;

/** A call that the service did not answer, or did not carry out. */
export class ServiceError extends Error {
  override name = "ServiceError";
}

/** A running service, asked over HTTP. What it had counted before does not count. */
export class ServiceBudget implements ReplayedBudget {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #sendClock: boolean;
  #before: Totals = { tokens_in: 0, tokens_out: 0, cost_usd: 0 };
  #lastAtMs = 0;

  constructor({ url, tenant, token, sendClock }: Service) {
    this.#base = `${url}/v1/tenants/${encodeURIComponent(tenant)}`;
    this.#token = token;
    this.#sendClock = sendClock;
  }

  /** Begins at a time, in epoch milliseconds, with a configuration or with the tenant's own. */
  async begin(config: BudgetConfig | undefined, atMs: number): Promise<void> {
    this.#lastAtMs = atMs;
    if (config) await this.#call("PUT", "/config", config);
    this.#before = await this.#call<Totals>("GET", "/tenant/usage");
  }

  allowsStep({ atMs, spent }: Row): Promise<BudgetStatus> {
    this.#lastAtMs = atMs;
    const { user_id, model, labels } = spent;
    return this.#call("POST", "/allows-step", { user_id, model, labels });
  }

  async consume({ spent }: Row): Promise<void> {
    await this.#call("POST", "/consume", spent);
  }

  async totals(): Promise<Totals> {
    const now = await this.#call<Totals>("GET", "/tenant/usage");
    return {
      tokens_in: now.tokens_in - this.#before.tokens_in,
      tokens_out: now.tokens_out - this.#before.tokens_out,
      cost_usd: (Math.round(now.cost_usd * 1e9) - Math.round(this.#before.cost_usd * 1e9)) / 1e9,
    };
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = {
      ...(this.#token && { authorization: `Bearer ${this.#token}` }),
      ...(body && { "content-type": "application/json" }),
      ...(this.#sendClock && { "x-clock": new Date(this.#lastAtMs).toISOString() }),
    };
    let response: Response;
    try {
      response = await fetch(this.#base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    } catch (error) {
      const { cause } = error as Error;
      throw new ServiceError(`${method} ${this.#base}${path} was not answered: ${(cause as Error)?.message ?? error}`);
    }
    const text = await response.text();
    if (!response.ok) throw new ServiceError(`${method} ${this.#base}${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }
}
