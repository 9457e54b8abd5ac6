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
export type { Caller } from "./caller.ts";
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
export {
  BoundLabels,
  DEFAULT_TOKEN_SECONDS,
  MAX_TOKEN_SECONDS,
  TOKEN_SCOPES,
  TokenAnswer,
  TokenRequest,
  type TokenScope,
} from "./tokens.ts";
