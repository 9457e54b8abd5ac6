/**
 * The schemas of what the service answers, for its OpenAPI document and for tests. They say the same as the types in
 * `answers.ts`, which is what the code is written against; a test holds the two together.
 */
import { z } from "zod";
import { type Maxima, METRICS } from "../core/index.ts";
import { PROBLEMS, type ProblemCode } from "./problem.ts";
import { ENTRY_KINDS, RESERVATION_STATES } from "./queries.ts";
import { ConfigRequest } from "./requests.ts";

const Count = z.int().min(0);
const Usd = z.number();
const Seconds = z.number().min(0);
const Time = z.iso.datetime();
const Text = z.string();

/** How one limit stands. */
export const LimitStatusAnswer = z.object({
  name: Text,
  max: z.number().min(0),
  used: z.number().min(0),
  held: z.number().min(0),
  remaining: z.number().min(0),
  resets_at: Time.nullable(),
  shadow: z.literal(true).optional(),
});

/** The least that is left of each metric. */
export const RemainingAnswer = z.partialRecord(z.enum(METRICS), z.number().min(0));

export const DecisionAnswerSchema = z.object({
  state: z.enum(["ok", "warn", "blocked"]),
  reason: Text.nullable(),
  limit: Text.nullable(),
  remaining: RemainingAnswer,
  retry_after: Seconds.nullable(),
  would_block: Text.optional(),
  limits: z.array(LimitStatusAnswer).optional(),
});

const totals = {
  tokens_in: Count,
  tokens_out: Count,
  tokens_total: Count,
  cost_usd: Usd.min(0),
  calls: Count,
  cache_read_input_tokens: Count,
  cache_write_input_tokens: Count,
  reasoning_output_tokens: Count,
};
const UsageTotalsAnswer = z.object(totals);

/** A user's id or a label's value, null for the anonymous user and the tenant; of a joined scope, one for each part. */
export const BucketIdAnswer = z.union([Text, z.null(), z.array(Text.nullable())]);

/** A bucket's own maxima. */
export const MaximaAnswer = z.custom<Maxima>();
/** A bucket's own maxima for a time. */
export const RaiseAnswer = z.custom<Maxima & { readonly expires_at: string }>();

export const HeldSchema = z.object({
  tokens: Count,
  input_tokens: Count,
  output_tokens: Count,
  cost_usd: Usd.min(0),
});

const Labels = z.record(z.string(), z.string());

export const ReservationSchema = z.object({
  id: Text,
  state: z.enum(RESERVATION_STATES),
  user_id: Text.nullable(),
  labels: Labels,
  granted: HeldSchema,
  held: HeldSchema,
  spent: UsageTotalsAnswer,
  on_expiry: z.enum(["release", "charge"]),
  estimated: UsageTotalsAnswer.optional(),
  late: z.literal(true).optional(),
  created_at: Time,
  expires_at: Time,
  settled_at: Time.nullable(),
});

const replayed = z.literal(true).optional();
/** Of what a write is answered with, where it could be a replay. */
export const ConsumeAnswerSchema = DecisionAnswerSchema.extend({ replayed });
export const WrittenReservationSchema = ReservationSchema.extend({ replayed });
export const ReservationDecisionSchema = ReservationSchema.extend({ decision: DecisionAnswerSchema, replayed });

const bucketName = { scope: Text, id: BucketIdAnswer, overflow: z.literal(true).optional() };

export const UsageAnswerSchema = z.object({
  ...bucketName,
  in_overflow: z.literal(true).optional(),
  ...totals,
  saturated: z.array(z.enum(["tokens", "cost_usd", "calls"])).optional(),
  started_at: Time.nullable(),
  wall_clock: Seconds,
  override: MaximaAnswer.nullable(),
  raise: RaiseAnswer.nullable(),
  frozen: z.object({ until: Time.nullable() }).nullable(),
  held: HeldSchema.extend({ reservations: Count }),
  limits: z.array(LimitStatusAnswer),
  remaining: RemainingAnswer,
  users: Count.optional(),
  overflowing: z.array(Text).optional(),
  replayed,
});

export const ConfigVersionSchema = z.object({
  version: Count,
  at: Time.nullable(),
  author: Text.nullable(),
  config: ConfigRequest,
});

const Rate = z.union([
  z.number(),
  z.object({ base: z.number(), tiers: z.array(z.object({ start: z.number(), price: z.number() })) }),
]);

/** What something added to a bucket, or with negative numbers took from it. */
const changes = {
  tokens_in: z.int(),
  tokens_out: z.int(),
  cost_usd: Usd,
  calls: z.int(),
  cache_read_input_tokens: z.int(),
  cache_write_input_tokens: z.int(),
  reasoning_output_tokens: z.int(),
};

export const LedgerEntrySchema = z.object({
  id: Count,
  at: Time,
  kind: z.enum(ENTRY_KINDS),
  idempotency_key: Text.optional(),
  user_id: Text.nullable().optional(),
  labels: Labels.optional(),
  model: Text.optional(),
  provider: Text.optional(),
  price: z.object({ source: Text, rates: z.record(z.string(), Rate) }).optional(),
  ...z.object(changes).partial().shape,
  bucket: z.object(bucketName).optional(),
  note: Text.optional(),
  cause: z.enum(["max_users", "idle"]).optional(),
  reservation: Text.optional(),
  amounts: HeldSchema.optional(),
  on_expiry: z.enum(["release", "charge"]).optional(),
  reason: Text.nullable().optional(),
  times: Count.optional(),
  estimated: z.boolean().optional(),
  late: z.literal(true).optional(),
  final: z.boolean().optional(),
  scopes: z.array(Text).optional(),
  overflow: z.array(Text).optional(),
  exceptions: z.array(z.object({ scope: Text, ...changes })).optional(),
  saturated: z.array(Text).optional(),
  reported: z.object(changes).optional(),
  jti: Text.optional(),
  grants: z.array(Text).optional(),
  ancestors: z.array(Text).optional(),
  started_at: Time.optional(),
  touched_at: Time.optional(),
  limits: MaximaAnswer.nullable().optional(),
  expires_at: Text.optional(),
  until: Text.nullable().optional(),
  version: Count.optional(),
  author: Text.nullable().optional(),
});

const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: Count.nullable() });
export const LedgerPage = pageOf(LedgerEntrySchema);
export const ConfigHistoryPage = pageOf(ConfigVersionSchema);

export const ReservationsPage = z.object({ items: z.array(ReservationSchema), next: Text.nullable() });

/** What a ledger adds up to may be less than nothing where it is at fault. */
const Sum = z.object({ ...changes, tokens_total: z.int() });

export const AuditSchema = z.object({
  ok: z.boolean(),
  entries: Count,
  buckets: Count,
  differences: z.array(z.object({ ...bucketName, entry: Count.optional(), ledger: Sum, stored: Sum })),
  totals: UsageTotalsAnswer,
});

/** What a batch is answered with: a status and a body for each operation, as its own call would have had. */
export const BatchSchema = z.object({ results: z.array(z.object({ status: z.int(), body: z.unknown() })) });

export const ErasedSchema = z.object({ pseudonym: Text, buckets: Count });
export const ErasedTenantSchema = z.object({ erased: z.literal(true) });
export const RevokedTokenSchema = z.object({ jti: Text, revoked_at: Time });

export const HealthAnswer = z.object({ status: z.literal("ok") });

/** RFC 9457, with this service's own members. */
export const ProblemDocument = z.object({
  type: z.url(),
  title: Text,
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  detail: Text,
  retryable: z.boolean(),
  request_id: Text,
  errors: z.array(z.object({ pointer: Text, detail: Text })).optional(),
  errors_omitted: z.int().min(1).optional(),
  decision: DecisionAnswerSchema.optional(),
});
