import { WorkerEntrypoint } from "cloudflare:workers";
import { TenantOperations } from "./tenant-operations.ts";

/**
 * The budget for other Workers, over a service binding and without HTTP.
 *
 * @example
 * const status = await env.BUDGET.tenant("acme").consume({ tokens_in: 1200, tokens_out: 340, user_id: "alice" });
 */
export class BudgetService extends WorkerEntrypoint {
  /** The operations on one tenant's budget. */
  tenant(tenantId: string): TenantOperations {
    return new TenantOperations(this.env.TENANT_BUDGET, tenantId);
  }
}
