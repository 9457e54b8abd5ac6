/**
 * The schemas of what the service answers, for its OpenAPI document and for tests. They say the same as the types in
 * `answers.ts`, which is what the code is written against; a test holds the two together.
 */
import { z } from "zod";
import { type Maxima, METRICS } from "../core/index.ts";
import { PROBLEMS, type ProblemCode } from "./problem.ts";
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

export const UsageAnswerSchema = z.object({
  scope: Text,
  id: BucketIdAnswer,
  ...totals,
  started_at: Time.nullable(),
  wall_clock: Seconds,
  override: MaximaAnswer.nullable(),
  raise: RaiseAnswer.nullable(),
  frozen: z.object({ until: Time.nullable() }).nullable(),
  limits: z.array(LimitStatusAnswer),
  remaining: RemainingAnswer,
  users: Count.optional(),
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

export const LedgerEntrySchema = z.object({
  id: Count,
  at: Time,
  kind: z.enum(["consume", "adjustment", "reset", "eviction", "config", "limits", "freeze", "unfreeze"]),
  user_id: Text.nullable().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  model: Text.optional(),
  provider: Text.optional(),
  price: z.object({ source: Text, rates: z.record(z.string(), Rate) }).optional(),
  tokens_in: z.int().optional(),
  tokens_out: z.int().optional(),
  cost_usd: Usd.optional(),
  cache_read_input_tokens: z.int().optional(),
  cache_write_input_tokens: z.int().optional(),
  reasoning_output_tokens: z.int().optional(),
  calls: z.int().optional(),
  bucket: z.object({ scope: Text, id: BucketIdAnswer }).optional(),
  note: Text.optional(),
  cause: z.enum(["max_users", "idle"]).optional(),
  totals: UsageTotalsAnswer.optional(),
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
});
