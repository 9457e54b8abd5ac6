export type {
  AmountsAnswer,
  Answer,
  AuditAnswer,
  AuditDifference,
  ConfigVersion,
  DecisionAnswer,
  EntryKind,
  ErasedAnswer,
  ExportedRow,
  LedgerEntry,
  LedgerException,
  OverridesAnswer,
  Page,
  ReservationAnswer,
  ReservationDecision,
  RevokedToken,
  UsageAnswer,
} from "./answers.ts";
export type { Caller } from "./caller.ts";
export { Id, IdempotencyKey } from "./ids.ts";
export {
  type AnswerOf,
  type Edit,
  idempotencyKeyIn,
  type MintedToken,
  type Operation,
  type OperationName,
  type Operations,
  type Written,
} from "./operations.ts";
export { parseInput } from "./parse.ts";
export {
  BudgetError,
  type FieldError,
  inputRefusal,
  PROBLEMS,
  type ProblemCode,
  pointerTo,
  type Refusal,
  shorten,
  withFewerErrors,
} from "./problem.ts";
export { ConfirmQuery, ENTRY_KINDS, LedgerExportQuery, LedgerQuery, PageQuery, ReservationsQuery } from "./queries.ts";
export {
  AdjustRequest,
  AllowsStepRequest,
  BatchRequest,
  CommitRequest,
  ConfigPatch,
  ConfigRequest,
  ConsumeRequest,
  ExtendRequest,
  FreezeRequest,
  MAX_BATCH,
  NoteRequest,
  OverrideRequest,
  ReleaseRequest,
  ReserveRequest,
} from "./requests.ts";
export {
  BoundLabels,
  DEFAULT_TOKEN_SECONDS,
  FreeLabels,
  MAX_ANCESTORS,
  MAX_TOKEN_SECONDS,
  TOKEN_SCOPES,
  TokenAnswer,
  TokenRequest,
  type TokenScope,
} from "./tokens.ts";
