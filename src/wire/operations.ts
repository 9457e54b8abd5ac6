import type { BucketKey, BudgetConfig } from "../core/index.ts";
import type {
  AuditAnswer,
  ConfigVersion,
  DecisionAnswer,
  ErasedAnswer,
  ExportedRow,
  LedgerEntry,
  Page,
  ReservationAnswer,
  ReservationDecision,
  RevokedToken,
  UsageAnswer,
} from "./answers.ts";
import type { LedgerQuery, PageQuery, ReservationsQuery } from "./queries.ts";
import type {
  AdjustRequest,
  AllowsStepRequest,
  CommitRequest,
  ConfigPatch,
  ConsumeRequest,
  ExtendRequest,
  FreezeRequest,
  NoteRequest,
  OverrideRequest,
  ReleaseRequest,
  ReserveRequest,
} from "./requests.ts";

/** How a configuration, or a bucket's limits, are edited beside what they are set to. */
export interface Edit {
  /** The versions that the edit is good for; absent: any. */
  readonly ifVersion?: readonly number[] | undefined;
  readonly author?: string | null | undefined;
  readonly idempotency_key?: string | undefined;
}

/** A write's answer; `replayed` where it had been carried out before, under the same idempotency key. */
export type Written<T> = T & { readonly replayed?: true };

/** A token that was minted: what it grants, to whom, for how long, and the tokens it descends from. */
export interface MintedToken {
  readonly jti: string;
  readonly scopes: readonly string[];
  readonly user?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly expiresAtMs: number;
  readonly ancestors: readonly string[];
}

/** Every operation on a tenant: what it takes, validated, and what it answers. */
export interface Operations {
  allows_step: { takes: { request: AllowsStepRequest }; answers: DecisionAnswer };
  consume: { takes: { request: ConsumeRequest }; answers: Written<DecisionAnswer> };
  reserve: { takes: { request: ReserveRequest }; answers: Written<ReservationDecision> };
  commit: { takes: { id: string; request: CommitRequest }; answers: Written<ReservationDecision> };
  release: { takes: { id: string; request: ReleaseRequest }; answers: Written<ReservationAnswer> };
  extend: { takes: { id: string; request: ExtendRequest }; answers: Written<ReservationDecision> };
  reservation: { takes: { id: string }; answers: ReservationAnswer };
  reservations: { takes: { query: ReservationsQuery }; answers: Page<ReservationAnswer, string> };
  usage: { takes: { key: BucketKey }; answers: UsageAnswer };
  set_limits: { takes: { key: BucketKey; request: OverrideRequest; edit: Edit }; answers: Written<UsageAnswer> };
  clear_limits: { takes: { key: BucketKey; edit: Edit }; answers: Written<UsageAnswer> };
  adjust: { takes: { key: BucketKey; request: AdjustRequest }; answers: Written<UsageAnswer> };
  reset: { takes: { key: BucketKey; request: NoteRequest }; answers: Written<UsageAnswer> };
  freeze: { takes: { key: BucketKey; request: FreezeRequest }; answers: Written<UsageAnswer> };
  unfreeze: { takes: { key: BucketKey; request: NoteRequest }; answers: Written<UsageAnswer> };
  config: { takes: object; answers: ConfigVersion };
  configure: { takes: { config: BudgetConfig; edit: Edit }; answers: Written<ConfigVersion> };
  patch_config: { takes: { patch: ConfigPatch; edit: Edit }; answers: Written<ConfigVersion> };
  config_history: { takes: { query: PageQuery }; answers: Page<ConfigVersion> };
  ledger: { takes: { query: LedgerQuery }; answers: Page<LedgerEntry> };
  audit: { takes: object; answers: AuditAnswer };
  /** Only whether the caller's token still holds. */
  admit: { takes: object; answers: null };
  erase_user: { takes: { userId: string; pseudonym: string }; answers: ErasedAnswer };
  erase_tenant: { takes: object; answers: { readonly erased: true } };
  export: { takes: { after: string }; answers: Page<ExportedRow, string> };
  /** Records that a token was minted, by whom the edge says. Signing it is the edge's. */
  mint_token: { takes: MintedToken; answers: null };
  revoke_token: { takes: { jti: string; forgetAtMs: number }; answers: RevokedToken };
}

export type OperationName = keyof Operations;
export type AnswerOf<K extends OperationName> = Operations[K]["answers"];
/** One operation as it goes to the tenant's object. */
export type Operation<K extends OperationName = OperationName> = K extends OperationName
  ? { readonly op: K } & Readonly<Operations[K]["takes"]>
  : never;

/** The key under which an operation takes effect once. */
export function idempotencyKeyIn(operation: Operation): string | undefined {
  if ("edit" in operation) return operation.edit.idempotency_key;
  return "request" in operation && "idempotency_key" in operation.request
    ? operation.request.idempotency_key
    : undefined;
}
