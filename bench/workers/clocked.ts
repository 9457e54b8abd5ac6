/** The service, with objects that fill days of usage at once by `POST /fill/:tenant`. */

import { TenantBudget as Budget } from "../../src/tenant/index.ts";
import { app } from "../../src/worker/app.ts";

interface ClockedEnv extends Cloudflare.Env {
  readonly TENANT_BUDGET: DurableObjectNamespace<TenantBudget>;
}

/** Which users consume, and when: each of them at each time, in epoch milliseconds. */
interface Filling {
  readonly users: readonly string[];
  readonly timesMs: readonly number[];
}

export { BudgetService } from "../../src/worker/budget-service.ts";

/** The tenant's object under a set clock, and under the class name by which the service finds its state. */
export class TenantBudget extends Budget {
  #nowMs: number | undefined;

  async fill({ users, timesMs }: Filling): Promise<void> {
    const consumed = timesMs.flatMap((timeMs) => {
      this.#nowMs = timeMs;
      // An operation has the time at which it arrives.
      return users.map((user_id) => {
        return this.run({ op: "consume", request: { user_id, tokens_in: 12_345, tokens_out: 1234, cost_usd: 0.0123 } });
      });
    });
    this.#nowMs = undefined;
    await Promise.all(consumed);
  }

  protected override now(): number {
    return this.#nowMs ?? super.now();
  }
}

export default {
  async fetch(request, env, context) {
    const [, tenant] = /^\/fill\/(.+)$/.exec(new URL(request.url).pathname) ?? [];
    if (tenant === undefined) return app.fetch(request, env, context);
    await env.TENANT_BUDGET.getByName(tenant).fill(await request.json<Filling>());
    return Response.json({});
  },
} satisfies ExportedHandler<ClockedEnv>;
