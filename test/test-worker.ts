/** The Worker under test, with an object that has the original's rules. */
import { ORIGINAL_RULES, type Rules } from "../src/core/index.ts";
import { TenantBudget } from "../src/index.ts";

export { BudgetService, default, TenantBudget } from "../src/index.ts";

/** The object with the original's rules, for the original's vectors. */
export class OriginalBudget extends TenantBudget {
  protected override get rules(): Rules {
    return ORIGINAL_RULES;
  }
}
