export { type Edit, TenantBudget } from "./tenant-budget.ts";
