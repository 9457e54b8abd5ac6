import type { BudgetService } from "../../../src/worker/budget-service.ts";
import { runAgent } from "./agent.ts";

interface Env {
  readonly BUDGET: Service<BudgetService>;
}

/** A run's calls count towards the platform's bound on subrequests: one for each step, and one to begin. */
const MAX_STEPS = 500;

/**
 * `GET /run?tenant=acme&user=alice&steps=50` runs the agent. `PUT /config?tenant=acme` sets the tenant's limits;
 * in life that is the operator's, who calls the budget itself.
 */
export default {
  async fetch(request, env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const steps = Number(searchParams.get("steps") ?? 50);
    if (!(Number.isInteger(steps) && steps >= 0 && steps <= MAX_STEPS)) {
      return Response.json({ detail: `steps takes a whole number from 0 to ${MAX_STEPS}` }, { status: 400 });
    }
    // A stub holds on to an object in the other Worker, until it is disposed of: `using` does it at the block's end.
    using tenant = await env.BUDGET.tenant(searchParams.get("tenant") ?? "acme");
    try {
      switch (`${request.method} ${pathname}`) {
        case "GET /run":
          return Response.json(await runAgent(tenant, searchParams.get("user") ?? "alice", steps));
        case "PUT /config":
          return Response.json(await tenant.configure(await request.json()));
        default:
          return Response.json({ detail: "takes GET /run and PUT /config" }, { status: 404 });
      }
    } catch (error) {
      if (isBudgetError(error)) {
        const { code, message: detail, errors } = error;
        return Response.json({ code, detail, errors }, { status: error.status });
      }
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;

/** What of the service's `BudgetError` arrives here: its name, message and fields, but not its class. */
interface RemoteBudgetError extends Error {
  readonly code: string;
  readonly status: number;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

function isBudgetError(error: unknown): error is RemoteBudgetError {
  return error instanceof Error && error.name === "BudgetError";
}
