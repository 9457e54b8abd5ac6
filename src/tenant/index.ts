export { TenantBudget } from "./tenant-budget.ts";
