/** The entrypoint for other Workers, over a service binding. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { TenantOperations } from "./tenant-operations.ts";

/**
 * @example
 * const status = await env.BUDGET.tenant("acme").consume({ tokens_in: 1200, tokens_out: 340, user_id: "alice" });
 */
export class BudgetService extends WorkerEntrypoint {
  tenant(tenantId: string): TenantOperations {
    return new TenantOperations(this.env.TENANT_BUDGET, tenantId);
  }
}
