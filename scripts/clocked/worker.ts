/** The service inside workerd, under a clock that each request sets with `x-clock`. */
import { app } from "../../src/worker/app.ts";
import type { ClockedBudget } from "./clocked-budget.ts";

export { ClockedBudget } from "./clocked-budget.ts";

interface ClockedEnv {
  readonly TENANT_BUDGET: DurableObjectNamespace<ClockedBudget>;
}

export default {
  async fetch(request, env, context) {
    const [, tenant] = /^\/v1\/tenants\/([^/]+)/.exec(new URL(request.url).pathname) ?? [];
    if (tenant !== undefined) {
      const nowMs = Date.parse(request.headers.get("x-clock") ?? "");
      if (Number.isNaN(nowMs))
        return new Response("x-clock takes a time, such as 2026-11-24T03:00:00Z\n", { status: 400 });
      await env.TENANT_BUDGET.getByName(decodeURIComponent(tenant)).setNow(nowMs);
    }
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler<ClockedEnv>;
