/** The schemas, types and descriptions of all requests and responses. */
export { CONFIG_JSON_SCHEMA, type JsonSchema } from "./config-json-schema.ts";
export {
  AdjustRequest,
  ConfigPatch,
  ConfigRequest,
  Edit,
  FreezeRequest,
  NoteRequest,
  OverrideRequest,
} from "./edits.ts";
export { Id, IdempotencyKey } from "./ids.ts";
export type { Immutable } from "./immutable.ts";
export {
  type AuditDifference,
  AuditResponse,
  type EntryKind,
  LedgerEntry,
  type LedgerException,
  LedgerPage,
} from "./ledger.ts";
export { ErasedTenant, ErasedUser, type ExportedRow, ExportPage } from "./privacy.ts";
export {
  type Answer,
  BudgetError,
  type FieldError,
  forbidden,
  inputRefusal,
  PROBLEMS,
  type ProblemCode,
  ProblemDocument,
  pointerTo,
  type Refusal,
  shorten,
  withFewerErrors,
} from "./problem.ts";
export {
  ConfirmQuery,
  ENTRY_KINDS,
  ExportQuery,
  LedgerExportQuery,
  LedgerQuery,
  PageQuery,
  ReservationsQuery,
} from "./queries.ts";
export {
  AllowsStepRequest,
  CommitRequest,
  ConsumeRequest,
  ExtendRequest,
  isObject,
  Labels,
  QuoteRequest,
  ReleaseRequest,
  ReserveRequest,
} from "./requests.ts";
export {
  type AmountsResponse,
  BatchResponse,
  ConfigHistoryPage,
  ConfigureResponse,
  ConfigVersion,
  ConsumeResponse,
  DecisionResponse,
  HealthResponse,
  type Page,
  QuoteResponse,
  ReleaseResponse,
  ReservationDecision,
  ReservationResponse,
  ReservationsPage,
  UsageResponse,
} from "./responses.ts";
export {
  DEFAULT_TOKEN_SECONDS,
  FreeLabels,
  MAX_ANCESTORS,
  MAX_TOKEN_SECONDS,
  MintedToken,
  RevokedToken,
  TOKEN_SCOPES,
  TokenRequest,
  TokenResponse,
  type TokenScope,
} from "./tokens.ts";
