/** Every operation on a tenant, declared once. Routes, batches, RPC and the OpenAPI document follow from this table. */
import { z } from "zod";
import type { Immutable, TokenScope } from "../wire/index.ts";
import * as wire from "../wire/index.ts";
import { Bucket, idOf } from "./fields.ts";

/** One operation: the permissions it needs, its input and its output. */
export interface OperationSpec {
  /** The scope that a token needs. */
  readonly scope: TokenScope;
  /**
   * How a caller bound to a user or to labels can use it: for its own `step`, `bucket` or `reservation` (checked by the
   * object), for a `token` with the same binding, or not at all (`none`).
   */
  readonly binding: "step" | "bucket" | "reservation" | "token" | "none";
  /** True if it is safe to repeat without an idempotency key. */
  readonly isRepeatable: boolean;
  /** True if it can be in a batch. */
  readonly isBatchable: boolean;
  /** Its fields: the target (`bucket` or `id`), a body (such as `request`), `query` and `edit`. */
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
  /** For the OpenAPI document. */
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
    summary: "Record a step's usage",
  },
  quote: {
    ...read,
    ...step,
    isBatchable: true,
    scope: "check",
    input: z.object({ request: wire.QuoteRequest }),
    output: wire.QuoteResponse,
    summary: "Price a call without recording it",
  },
  reserve: {
    ...write,
    ...step,
    scope: "reserve",
    input: z.object({ request: wire.ReserveRequest }),
    output: wire.ReservationDecision,
    summary: "Reserve budget for a call",
  },
  commit: {
    ...reservation,
    input: z.object({ ...reservationId, request: wire.CommitRequest }),
    output: wire.ReservationDecision,
    summary: "Commit a reservation",
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
    summary: "Extend a reservation",
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
/** An operation's input before it is parsed. */
export type InputOf<K extends OperationName> = Immutable<z.input<(typeof OPERATIONS)[K]["input"]>>;
export type OutputOf<K extends OperationName> = Immutable<z.output<(typeof OPERATIONS)[K]["output"]>>;
/** A parsed operation, as it is sent to the tenant's object. */
export type Operation<K extends OperationName = OperationName> = K extends OperationName
  ? { readonly op: K } & FieldsOf<z.output<(typeof OPERATIONS)[K]["input"]>>
  : never;

/** The fields of an input. For an empty object zod infers a type that allows no field at all, not even `op`. */
type FieldsOf<T> = string extends keyof T ? unknown : Immutable<T>;
