export { TenantBudget } from "./tenant/index.ts";
export { app as default } from "./worker/app.ts";
export { BudgetService } from "./worker/budget-service.ts";
