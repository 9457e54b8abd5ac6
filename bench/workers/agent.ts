/**
 * An agent that is hosted at the edge, as a Worker: it calls the budget through a service binding, without HTTP, token
 * or log. It takes the load of the service's own routes, so that what drives the one can drive the other.
 */
import type { BudgetService } from "../../src/index.ts";

interface AgentEnv {
  readonly BUDGET: Service<BudgetService>;
}

export default {
  async fetch(request, env) {
    const [, , , tenant = "", call, id = ""] = new URL(request.url).pathname.split("/");
    const budget = env.BUDGET.tenant(tenant);
    switch (call) {
      case "allows-step":
        return Response.json(await budget.allowsStep(await request.json()));
      case "consume":
        return Response.json(await budget.consume(await request.json()));
      case "reservations": {
        if (id !== "") return Response.json(await budget.commit(id, await request.json()));
        return Response.json(await budget.reserve(await request.json()), { status: 201 });
      }
      default:
        return new Response(null, { status: 404 });
    }
  },
} satisfies ExportedHandler<AgentEnv>;
