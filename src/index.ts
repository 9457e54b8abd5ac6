/** The Worker: its Durable Object, its HTTP app, and its entrypoint for other Workers. */
export { TenantBudget } from "./tenant/index.ts";
export { app as default } from "./worker/app.ts";
export { BudgetService } from "./worker/budget-service.ts";
