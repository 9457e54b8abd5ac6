export type {
  Answer,
  AuditAnswer,
  AuditDifference,
  ConfigVersion,
  ControlAnswer,
  DecisionAnswer,
  EntryKind,
  HeldAnswer,
  LedgerEntry,
  LedgerException,
  Page,
  ReservationAnswer,
  ReservationDecision,
  UsageAnswer,
} from "./answers.ts";
export { Id } from "./ids.ts";
export type { AnswerOf, Edit, Operation, OperationName, Operations, Written } from "./operations.ts";
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
export { ENTRY_KINDS, LedgerQuery, PageQuery, ReservationsQuery } from "./queries.ts";
export {
  AdjustRequest,
  AllowsStepRequest,
  CommitRequest,
  ConfigPatch,
  ConfigRequest,
  ConsumeRequest,
  ExtendRequest,
  FreezeRequest,
  NoteRequest,
  OverrideRequest,
  ReleaseRequest,
  ReserveRequest,
} from "./requests.ts";
