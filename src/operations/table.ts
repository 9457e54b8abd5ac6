/** Every operation on a tenant, declared once. All else that knows operations follows from this table. */
import { z } from "zod";
import type { Immutable, TokenScope } from "../wire/index.ts";
import * as wire from "../wire/index.ts";
import { Bucket, idOf } from "./fields.ts";

/** One operation: who may use it, what it takes and what it returns. */
export interface OperationSpec {
  /** What a token has to allow. */
  readonly scope: TokenScope;
  /**
   * How a caller bound to a user or to labels may use it: for a `step` of its own, a `bucket` of its own, or a
   * `reservation` of its own, which the object checks; for `none` of what is the tenant's as a whole. A `token` that it
   * mints is bound as the caller is.
   */
  readonly binding: "step" | "bucket" | "reservation" | "token" | "none";
  /** True if it may be repeated without an idempotency key: twice has the effect of once. */
  readonly isRepeatable: boolean;
  /** True if a batch can have it. */
  readonly isBatchable: boolean;
  /** Its fields: `request` or another body, `query`, `edit`, and what it is about, a `bucket` or an `id`. */
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
  /** What it does, for documents, clients and tools. */
  readonly summary: string;
}

const read = { isRepeatable: true, isBatchable: false } as const;
const write = { isRepeatable: false, isBatchable: true } as const;
const step = { binding: "step" } as const;
const bucket = { ...write, scope: "configure", binding: "bucket" } as const;
const reservation = { ...write, scope: "reserve", binding: "reservation" } as const;
const reservationId = { id: idOf("reservation") };
const admin = { scope: "admin", binding: "none", isRepeatable: false, isBatchable: false } as const;

export const OPERATIONS = {
  allows_step: {
    ...read,
    ...step,
    isBatchable: true,
    scope: "check",
    input: z.object({ request: wire.AllowsStepRequest }),
    output: wire.DecisionResponse,
    summary: "Check whether the next step is allowed",
  },
  consume: {
    ...write,
    ...step,
    scope: "consume",
    input: z.object({ request: wire.ConsumeRequest }),
    output: wire.ConsumeResponse,
    summary: "Record what a step used",
  },
  reserve: {
    ...write,
    ...step,
    scope: "reserve",
    input: z.object({ request: wire.ReserveRequest }),
    output: wire.ReservationDecision,
    summary: "Reserve what a call may use",
  },
  commit: {
    ...reservation,
    input: z.object({ ...reservationId, request: wire.CommitRequest }),
    output: wire.ReservationDecision,
    summary: "Commit what a reserved call used",
  },
  release: {
    ...reservation,
    input: z.object({ ...reservationId, request: wire.ReleaseRequest }),
    output: wire.ReleaseResponse,
    summary: "Release a reservation",
  },
  extend: {
    ...reservation,
    input: z.object({ ...reservationId, request: wire.ExtendRequest }),
    output: wire.ReservationDecision,
    summary: "Extend a reservation by an amount or by time",
  },
  reservation: {
    ...reservation,
    ...read,
    scope: "read",
    input: z.object(reservationId),
    output: wire.ReservationResponse,
    summary: "Get a reservation",
  },
  reservations: {
    ...reservation,
    ...read,
    scope: "read",
    input: z.object({ query: wire.ReservationsQuery }),
    output: wire.ReservationsPage,
    summary: "List reservations",
  },
  usage: {
    ...bucket,
    ...read,
    isBatchable: true,
    scope: "read",
    input: z.object({ bucket: Bucket }),
    output: wire.UsageResponse,
    summary: "Get a bucket's usage",
  },
  set_limits: {
    ...bucket,
    input: z.object({ bucket: Bucket, limits: wire.OverrideRequest, edit: wire.Edit }),
    output: wire.UsageResponse,
    summary: "Set a bucket's own limits",
  },
  clear_limits: {
    ...bucket,
    input: z.object({ bucket: Bucket, edit: wire.Edit }),
    output: wire.UsageResponse,
    summary: "Delete a bucket's own limits",
  },
  adjust: {
    ...bucket,
    input: z.object({ bucket: Bucket, request: wire.AdjustRequest }),
    output: wire.UsageResponse,
    summary: "Adjust a bucket's totals",
  },
  reset: {
    ...bucket,
    input: z.object({ bucket: Bucket, request: wire.NoteRequest }),
    output: wire.UsageResponse,
    summary: "Reset a bucket's totals and windows",
  },
  freeze: {
    ...bucket,
    input: z.object({ bucket: Bucket, request: wire.FreezeRequest }),
    output: wire.UsageResponse,
    summary: "Freeze a bucket",
  },
  unfreeze: {
    ...bucket,
    input: z.object({ bucket: Bucket, request: wire.NoteRequest }),
    output: wire.UsageResponse,
    summary: "Unfreeze a bucket",
  },
  config: {
    ...read,
    scope: "read",
    binding: "none",
    input: z.object({}),
    output: wire.ConfigVersion,
    summary: "Get the configuration",
  },
  configure: {
    ...write,
    scope: "configure",
    binding: "none",
    input: z.object({ config: wire.ConfigRequest, edit: wire.Edit }),
    output: wire.ConfigureResponse,
    summary: "Replace the configuration",
  },
  patch_config: {
    ...write,
    scope: "configure",
    binding: "none",
    input: z.object({ patch: wire.ConfigPatch, edit: wire.Edit }),
    output: wire.ConfigureResponse,
    summary: "Update parts of the configuration",
  },
  config_history: {
    ...read,
    scope: "read",
    binding: "none",
    input: z.object({ query: wire.PageQuery }),
    output: wire.ConfigHistoryPage,
    summary: "List the configuration's versions",
  },
  ledger: {
    ...read,
    scope: "read",
    binding: "none",
    input: z.object({ query: wire.LedgerQuery }),
    output: wire.LedgerPage,
    summary: "List ledger entries",
  },
  audit: {
    ...admin,
    isRepeatable: true,
    input: z.object({}),
    output: wire.AuditResponse,
    summary: "Audit the ledger against the totals",
  },
  erase_user: {
    ...admin,
    input: z.object({ id: idOf("user"), pseudonym: z.string() }),
    output: wire.ErasedUser,
    summary: "Erase a user",
  },
  erase_tenant: {
    ...admin,
    input: z.object({}),
    output: wire.ErasedTenant,
    summary: "Delete the tenant",
  },
  export: {
    ...admin,
    isRepeatable: true,
    input: z.object({ query: wire.ExportQuery }),
    output: wire.ExportPage,
    summary: "Export everything stored for the tenant",
  },
  mint_token: {
    ...admin,
    binding: "token",
    input: z.object({ token: wire.MintedToken }),
    output: z.null(),
    summary: "Record a new token",
  },
  revoke_token: {
    ...admin,
    isRepeatable: true,
    input: z.object({ id: idOf("token") }),
    output: wire.RevokedToken,
    summary: "Revoke a token",
  },
} as const satisfies Readonly<Record<string, OperationSpec>>;

export type OperationName = keyof typeof OPERATIONS;
/** What an operation takes, before it is parsed. */
export type InputOf<K extends OperationName> = Immutable<z.input<(typeof OPERATIONS)[K]["input"]>>;
/** What an operation returns. */
export type OutputOf<K extends OperationName> = Immutable<z.output<(typeof OPERATIONS)[K]["output"]>>;
/** One operation, parsed, as it is sent to the tenant's object. */
export type Operation<K extends OperationName = OperationName> = K extends OperationName
  ? { readonly op: K } & FieldsOf<z.output<(typeof OPERATIONS)[K]["input"]>>
  : never;

/** The fields of an input; zod infers of an empty object that it can have no field at all, not even `op`. */
type FieldsOf<T> = string extends keyof T ? unknown : Immutable<T>;
