/** The responses of steps, buckets, reservations, the configuration and batches. */
import { z } from "zod";
import {
  type BucketName,
  type BudgetStatus,
  type LimitStatus,
  type Maxima,
  METRICS,
  type UsageTotals,
} from "../core/index.ts";
import { MAXIMA_JSON_SCHEMA, OVERRIDE_JSON_SCHEMA } from "./config-json-schema.ts";
import { ConfigRequest } from "./edits.ts";
import type { Immutable } from "./immutable.ts";
import { RESERVATION_STATES } from "./queries.ts";
import { recordedCost } from "./recorded-cost.ts";
import { usageFields } from "./usage-fields.ts";

const Count = z.int().min(0);
const Amount = z.number().min(0);
const Usd = z.number().min(0);
const Time = z.iso.datetime();
const Text = z.string();
const Yes = z.literal(true);

export const LimitStatusResponse = z
  .object({
    name: Text.describe("The limit's name."),
    max: Amount.describe("The maximum."),
    used: Amount.describe("The amount used in its window."),
    held: Amount.describe("The amount pending in open reservations."),
    remaining: Amount.describe("`max` minus `used` and `held`, at least 0."),
    unpriced_calls: Count.optional().describe("Of a limit of cost: how many calls it counts without a known cost."),
    resets_at: Time.nullable().describe("When nothing counted now will be in the window any more. Null: never."),
    shadow: Yes.optional().describe("Only if true: the limit does not block."),
  })
  .meta({
    id: "LimitStatus",
    description: "The status of a limit, in its metric's unit.",
  }) satisfies z.ZodType<LimitStatus>;

const Remaining = z.partialRecord(z.enum(METRICS), Amount);

export const DecisionResponse = z
  .object({
    state: z.enum(["ok", "warn", "blocked"]).describe("`ok` and `warn` allow the step."),
    reason: Text.nullable().describe(
      "For people: the limit's name or `frozen` if blocked, `tokens at 85%` or `cost_usd unknown for 2 calls` if warned.",
    ),
    limit: Text.nullable().describe("For programs: the name of the limit that decided."),
    remaining: Remaining.describe("What is left of each metric: the least over all limits that block."),
    retry_after: Amount.nullable().describe(
      "Seconds until a blocked step will be allowed if nothing more is spent. Null: waiting does not help.",
    ),
    would_block: Text.optional().describe("The first shadow limit that would have blocked."),
    limits: z.array(LimitStatusResponse).optional().describe("With `detail`: every limit that applies, in order."),
  })
  .meta({ id: "Decision", description: "Whether the next step is allowed." }) satisfies z.ZodType<BudgetStatus>;
export type DecisionResponse = BudgetStatus;

/** The field that a write adds to its response. */
const written = {
  replayed: Yes.optional().describe(
    "Only if true: the call was made before under the same idempotency key, and this is its first response.",
  ),
};

export const ConsumeResponse = DecisionResponse.extend({ ...recordedCost, ...written }).meta({
  id: "ConsumeAnswer",
  description: "The decision for the next step, and the cost that was recorded.",
});
export type ConsumeResponse = Immutable<z.infer<typeof ConsumeResponse>>;

export const QuoteResponse = z
  .object({ cost_usd: Usd.describe("The cost in USD."), price: recordedCost.price })
  .meta({ id: "Quote", description: "What a call costs." });
export type QuoteResponse = Immutable<z.infer<typeof QuoteResponse>>;

/** A usage's totals. */
export const totals = {
  ...usageFields(({ unit, description }): z.ZodNumber => (unit === "USD" ? Usd : Count).describe(description)),
  tokens_total: Count.describe("Input and output tokens together."),
};
export const TotalsResponse = z.object(totals) satisfies z.ZodType<UsageTotals>;

/** The fields that name a bucket. */
export const bucketName = {
  scope: Text.describe("`tenant`, `user`, a label's name, or two to four of those joined by `_and_`."),
  id: z
    .union([Text, z.null(), z.array(Text.nullable())])
    .describe(
      "The user's id or the label's value; for a joined scope, a list with one for each part. Null: the tenant, the anonymous user, or an overflow bucket.",
    ),
  overflow: Yes.optional().describe(
    "Only if true: the bucket that new subjects share because the scope has reached `max_users`.",
  ),
};
export const BucketNameResponse = z.object(bucketName) satisfies z.ZodType<BucketName>;

/** Amounts of reservations. */
export const AmountsResponse = z.object({
  tokens: Count.describe("Tokens, input and output together."),
  input_tokens: Count.describe("Input tokens."),
  output_tokens: Count.describe("Output tokens."),
  cost_usd: Usd.describe("Cost in USD."),
});
export type AmountsResponse = Immutable<z.infer<typeof AmountsResponse>>;

/** A bucket's own maxima. */
export const MaximaResponse = z.custom<Maxima>().meta(MAXIMA_JSON_SCHEMA);
const RaiseResponse = z
  .custom<Maxima & { readonly expires_at: string }>()
  .meta({ ...OVERRIDE_JSON_SCHEMA, required: ["expires_at"] });

const SATURABLE = ["tokens", "cost_usd", "calls"] as const;

export const UsageResponse = z
  .object({
    ...bucketName,
    in_overflow: Yes.optional().describe(
      "Only if true: the subject has no bucket of its own and shares its scope's overflow bucket, whose limits these are.",
    ),
    ...totals,
    saturated: z
      .array(z.enum(SATURABLE))
      .optional()
      .describe("Metrics whose total has reached 2^53−1 and no longer grows."),
    started_at: Time.nullable().describe("When the bucket started to count. Null: it has recorded nothing yet."),
    wall_clock: Amount.describe("Seconds since `started_at`."),
    override: MaximaResponse.nullable().describe("The bucket's own limits."),
    raise: RaiseResponse.nullable().describe("Limits that take precedence over `override` until `expires_at`."),
    frozen: z
      .object({ until: Time.nullable().describe("When the freeze ends. Null: when it is lifted.") })
      .nullable()
      .describe("The freeze in force, if any."),
    held: AmountsResponse.extend({ reservations: Count.describe("How many reservations are open.") }).describe(
      "The amounts pending in open reservations.",
    ),
    limits: z.array(LimitStatusResponse).describe("The bucket's limits, in the order they are checked."),
    remaining: Remaining.describe("What is left of each metric: the least over the bucket's limits that block."),
    users: Count.optional().describe("Only for the tenant: how many users have a bucket."),
    overflowing: z.array(Text).optional().describe("Only for the tenant: the scopes that have an overflow bucket."),
    ...written,
  })
  .meta({ id: "Usage", description: "A bucket's totals, and the status of its limits." });
export type UsageResponse = Immutable<z.infer<typeof UsageResponse>>;

const reservation = {
  id: Text.describe("The reservation's id. Ids sort in order of creation."),
  state: z.enum(RESERVATION_STATES).describe("`held` while it is open, then how it was settled."),
  user_id: Text.nullable().describe("The user. Null: the anonymous user."),
  labels: z.record(z.string(), z.string()).describe("The call's labels."),
  granted: AmountsResponse.describe("The amounts granted, which are less than requested if they were capped."),
  held: AmountsResponse.describe("The amounts still pending."),
  spent: TotalsResponse.describe("The usage that its commits recorded."),
  on_expiry: z.enum(["release", "charge"]).describe("Whether expiry releases the pending amounts or charges them."),
  estimated: TotalsResponse.optional().describe("The amounts charged by its expiry and not corrected by a commit yet."),
  late: Yes.optional().describe("Only if true: a commit came after it was released or had expired."),
  created_at: Time.describe("When it was created."),
  expires_at: Time.describe("When it expires."),
  settled_at: Time.nullable().describe("When it was committed or released, or expired. Null: it is open."),
};

export const ReservationResponse = z
  .object(reservation)
  .meta({ id: "Reservation", description: "A reservation and its outcome." });
export type ReservationResponse = Immutable<z.infer<typeof ReservationResponse>>;

export const ReleaseResponse = z
  .object({ ...reservation, ...written })
  .meta({ id: "WrittenReservation", description: "A reservation after a write." });
export type ReleaseResponse = Immutable<z.infer<typeof ReleaseResponse>>;

export const ReservationDecision = z
  .object({
    ...reservation,
    decision: DecisionResponse.describe("The decision for the next step, with this reservation counted."),
    ...recordedCost,
    ...written,
  })
  .meta({ id: "ReservationDecision", description: "A reservation, and the decision for the next step." });
export type ReservationDecision = Immutable<z.infer<typeof ReservationDecision>>;

export const ConfigVersion = z
  .object({
    version: Count.describe("The version. 0 is the empty configuration that every tenant starts with."),
    at: Time.nullable().describe("When it came into force. Null for version 0."),
    author: Text.nullable().describe("Who made the edit, from its `From` header."),
    config: ConfigRequest.describe("The configuration, without limits of null."),
  })
  .meta({ id: "ConfigVersion", description: "One version of the configuration." });
export type ConfigVersion = Immutable<z.infer<typeof ConfigVersion>>;

export const ConfigureResponse = z.object({ ...ConfigVersion.shape, ...written });
export type ConfigureResponse = Immutable<z.infer<typeof ConfigureResponse>>;

/** A page of a list. `next` is the `after` of the next page, or null at the end. */
export interface Page<T, After = number> {
  readonly items: readonly T[];
  readonly next: After | null;
}

export const pageOf = <T extends z.ZodType, N extends z.ZodType>(item: T, next: N) =>
  z.object({
    items: z.array(item).describe("The page's items, in order."),
    next: next.nullable().describe("The `after` of the next page. Null: this is the last page."),
  });

export const ReservationsPage = pageOf(ReservationResponse, Text).meta({
  id: "ReservationsPage",
  description: "A page of reservations.",
});
export const ConfigHistoryPage = pageOf(ConfigVersion, Count).meta({
  id: "ConfigHistoryPage",
  description: "A page of the configuration's versions, the oldest first.",
});

export const BatchResponse = z
  .object({
    results: z
      .array(
        z.object({
          status: z.int().describe("The HTTP status that the operation would have had as a call of its own."),
          body: z.unknown().describe("The body that it would have had."),
        }),
      )
      .describe("One result for each operation, in order."),
  })
  .meta({ id: "BatchAnswer", description: "The results of a batch." });

export const HealthResponse = z
  .object({ status: z.literal("ok").describe("Always `ok`.") })
  .meta({ id: "Health", description: "The service is up." });
