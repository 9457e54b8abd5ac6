export type { Answer, ConfigAnswer, DecisionAnswer, TenantUsageAnswer, UsageAnswer } from "./answers.ts";
export { Id } from "./ids.ts";
export { parseInput } from "./parse.ts";
export { BudgetError, type FieldError, PROBLEMS, type ProblemCode, type Refusal } from "./problem.ts";
export { AllowsStepRequest, ConfigRequest, ConsumeRequest } from "./requests.ts";
