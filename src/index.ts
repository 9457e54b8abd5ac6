export { app as default } from "./edge/app.ts";
export { BudgetService } from "./edge/budget-service.ts";
export { TenantBudget } from "./tenant/index.ts";
