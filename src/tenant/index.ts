/** The Durable Object that keeps one tenant's budget. */
export { TenantBudget } from "./tenant-budget.ts";
