export type {
  Answer,
  ConfigVersion,
  ControlAnswer,
  DecisionAnswer,
  EntryKind,
  LedgerEntry,
  Page,
  UsageAnswer,
} from "./answers.ts";
export { Id } from "./ids.ts";
export { parseInput } from "./parse.ts";
export {
  BudgetError,
  type FieldError,
  inputRefusal,
  PROBLEMS,
  type ProblemCode,
  pointerTo,
  type Refusal,
} from "./problem.ts";
export {
  AdjustRequest,
  AllowsStepRequest,
  ConfigPatch,
  ConfigRequest,
  ConsumeRequest,
  FreezeRequest,
  NoteRequest,
  OverrideRequest,
  PageQuery,
} from "./requests.ts";
