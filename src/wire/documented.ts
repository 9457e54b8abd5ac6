/**
 * What the OpenAPI document says of each schema beside its shape: its name there, what its fields mean, and the shape
 * of those that check themselves in code.
 */
import { z } from "zod";
import * as answers from "./answer-schemas.ts";
import { CONFIG_JSON_SCHEMA, type JsonSchema, MAXIMA_JSON_SCHEMA, OVERRIDE_JSON_SCHEMA } from "./config-json-schema.ts";
import { Id, IdempotencyKey } from "./ids.ts";
import * as queries from "./queries.ts";
import * as requests from "./requests.ts";
import { BoundLabels, TOKEN_SCOPES, TokenAnswer, TokenRequest } from "./tokens.ts";

/** Every schema that has something said of it. One with an `id` is a component of the document, under that name. */
export const DOCUMENTED = z.registry<JsonSchema & { readonly id?: string }>();

/** Says what fields of an object mean. */
function describe<S extends z.ZodRawShape>({ shape }: z.ZodObject<S>, fields: { readonly [K in keyof S]?: string }) {
  for (const [field, description] of Object.entries(fields)) {
    if (shape[field] && typeof description === "string") DOCUMENTED.add(shape[field] as z.ZodType, { description });
  }
}

/** Names an object, and says what it and its fields mean. */
function name<S extends z.ZodRawShape>(
  schema: z.ZodObject<S>,
  id: string,
  description: string,
  fields: { readonly [K in keyof S]?: string } = {},
) {
  DOCUMENTED.add(schema, { id, description });
  describe(schema, fields);
}

DOCUMENTED.add(IdempotencyKey, {
  minLength: 1,
  maxLength: 256,
  description: "Any text of 1 to 256 bytes of UTF-8.",
});
DOCUMENTED.add(Id, {
  minLength: 1,
  maxLength: 256,
  not: { enum: [".", ".."] },
  description: "Any text of 1 to 256 bytes of UTF-8 but `.` and `..`.",
});
DOCUMENTED.add(BoundLabels, {
  type: "object",
  maxProperties: 8,
  propertyNames: { pattern: "^[a-z][a-z0-9_]{0,63}$" },
  additionalProperties: { type: "string", minLength: 1, maxLength: 256 },
});

name(requests.AllowsStepRequest, "AllowsStepRequest", "Whose step it is.", {
  user_id: "Whose step it is; null or absent is the anonymous user.",
  labels: "Up to 8, such as `model`, `run` or `team`; limits can count for each value.",
  model: "The model, which is also the label `model` where that is not given.",
  detail: "Answers with every limit that applies.",
});
name(requests.ConsumeRequest, "ConsumeRequest", "What a step came to; what is absent is zero.", {
  tokens_in: "All input tokens, cached ones among them.",
  tokens_out: "All output tokens, those of reasoning among them.",
  cache_read_input_tokens: "Of `tokens_in`.",
  cache_write_input_tokens: "Of `tokens_in`.",
  reasoning_output_tokens: "Of `tokens_out`.",
  cost_usd: "What it cost. Absent: priced by `model`, or nothing where there is no model either.",
  provider: "Where the model runs, such as `openai`, for its price.",
});
const ESTIMATE = {
  tokens: "At least the two below together, which is what it is where absent.",
  cost_usd: "Absent: priced by `model`, or nothing where there is no model either.",
};
const HOLD = {
  ttl_seconds: "For how long, from now on. Default: the configuration's `reservation_ttl_seconds`.",
  on_expiry:
    "What the end of its time means: `release` (nothing was sent yet) or `charge` (the call may have been made: it is charged in full, until a commit tells better).",
  if_short: "Where there is less left than asked for: `reject`, or `cap` to hold what is left. Default `reject`.",
  idempotency_key: "The same key and body are answered again without effect, for 24 hours at least.",
};
describe(requests.AllowsStepRequest, ESTIMATE);
name(requests.ReserveRequest, "ReserveRequest", "What a call may come to, to be held for it.", {
  ...ESTIMATE,
  ...HOLD,
});
name(requests.ExtendRequest, "ExtendRequest", "What a reservation holds in addition, and until when.", {
  ...ESTIMATE,
  ...HOLD,
  ttl_seconds: "For how long, from now on. Absent: until its time ends.",
});
name(requests.CommitRequest, "CommitRequest", "What the call came to; what is absent is zero.", {
  final: "False: this is a part of it, and the rest stays held. Default true.",
  idempotency_key: HOLD.idempotency_key,
});
name(requests.ReleaseRequest, "ReleaseRequest", "Nothing but a key, if any.", {
  idempotency_key: HOLD.idempotency_key,
});
name(requests.BatchRequest, "BatchRequest", "Operations to be carried out in order, in one commit.", {
  operations:
    "Up to 1,000, each as `{op, …}` with the fields of its call: `allows_step`, `consume`, `reserve`, `commit`, `release`, `extend` (with `id`), `usage`, `adjust`, `reset`, `freeze`, `unfreeze`, `clear_limits` (with `bucket`), `set_limits` (with `bucket` and `limits`), `configure` (with `config`), `patch_config` (with `patch`).",
});
name(requests.AdjustRequest, "AdjustRequest", "A debit, or with negative amounts a credit.", {
  note: "Why the totals are corrected.",
});
name(requests.NoteRequest, "NoteRequest", "Why, for the ledger.");
name(requests.FreezeRequest, "FreezeRequest", "How long steps are blocked.", {
  until: "When the freeze ends; null or absent: when it is lifted.",
});
DOCUMENTED.add(requests.ConfigRequest, {
  id: "BudgetConfig",
  description:
    "Limits, and settings beside them. A limit's name is its definition: `[per_<scope>_]max_<metric>[_per_<window>]`.",
  ...CONFIG_JSON_SCHEMA,
});
DOCUMENTED.add(requests.ConfigPatch, {
  id: "ConfigPatch",
  description: "An RFC 7396 merge patch of a configuration: null takes a key away.",
  type: "object",
});
DOCUMENTED.add(requests.OverrideRequest, {
  id: "OverrideRequest",
  description: "A bucket's own maxima, under names without a scope; null lifts the limit.",
  ...OVERRIDE_JSON_SCHEMA,
});
describe(queries.LedgerQuery, {
  after: "The `next` of the page before; 0 for the first page.",
  limit: "How many entries at most.",
  user_id: "Entries of this user; nothing for the anonymous one.",
  label: "Entries with this label, as `NAME:VALUE`.",
  since: "Entries from this time on.",
  until: "Entries before this time.",
});
describe(queries.ReservationsQuery, {
  after: "The `next` of the page before.",
  limit: "How many reservations at most.",
});
describe(queries.ConfirmQuery, { confirm: "The tenant's id, once more." });
describe(queries.PageQuery, {
  after: "The `next` of the page before; 0 for the first page.",
  limit: "How many entries at most.",
});

name(answers.DecisionAnswerSchema, "Decision", "May the next step be taken?", {
  state: "`warn` lets the step through, as `ok` does.",
  reason: "For people: `frozen` or the limit's name where blocked, `tokens at 85%` where warned.",
  limit: "For programs: the name of the limit that made the state.",
  remaining: "The least that is left of each metric over all limits that block.",
  retry_after:
    "Seconds until a blocked step will be let through if nothing more is spent; null where that never comes.",
  would_block: "The first limit in shadow that would have blocked.",
  limits: "Only where asked for: every limit that applies, in the order they are checked.",
});
name(answers.ConsumeAnswerSchema, "ConsumeAnswer", "The decision for the next step.", {
  replayed: "The call was carried out before, under the same idempotency key; this is how it was answered.",
});
name(answers.ReservationSchema, "Reservation", "A reservation, and what became of it.", {
  granted: "All that it was given to hold, which is less than asked for where that was capped.",
  held: "What it holds now.",
  spent: "What its commits have recorded.",
  estimated: "What its expiry charged and no commit has corrected yet.",
  late: "A commit came after it had expired or was released.",
});
name(answers.WrittenReservationSchema, "WrittenReservation", "A reservation after a write.");
name(answers.ReservationDecisionSchema, "ReservationDecision", "A reservation, and the decision for the next step.");
name(answers.ReservationsPage, "ReservationsPage", "A page of reservations.", {
  next: "The `after` of the next page; null at the end.",
});
name(answers.BatchSchema, "BatchAnswer", "An answer for each operation, in order.", {
  results: "The status and the body that the operation's own call would have had.",
});
name(answers.AuditSchema, "Audit", "Whether the ledger adds up to the totals, bucket by bucket.", {
  entries: "How many were added up, beside the sums that stand for those that are not kept any more.",
  buckets: "How many were compared, the tenant's among them.",
  differences: "Where they differ, up to a hundred.",
  totals: "The tenant's, as stored.",
});
name(answers.LimitStatusAnswer, "LimitStatus", "How one limit stands, in its metric's unit.", {
  held: "What live reservations keep.",
  resets_at: "When nothing that counts now will count any more; null for never.",
  shadow: "The limit does not block.",
});
name(answers.UsageAnswerSchema, "Usage", "A bucket's totals and how its limits stand.", {
  overflow: "Only if true: the bucket that the scope's new subjects share, since the scope has reached `max_users`.",
  in_overflow: "Only if true: it has no bucket of its own and counts in its scope's overflow, whose limits these are.",
  overflowing: "Of the tenant alone: the scopes that have an overflow bucket.",
  scope: "`tenant`, `user`, a label's name, or two to four of those joined by `_and_`.",
  saturated: "Metrics whose total has reached its ceiling, 2^53−1, and stays there.",
  started_at: "Null where nothing was consumed yet.",
  wall_clock: "Seconds since `started_at`.",
  override: "Maxima of its own.",
  raise: "Maxima that go before those, for a time.",
  frozen: "Null where no freeze is in force.",
  users: "Of the tenant alone: how many users have a bucket.",
});
DOCUMENTED.add(answers.MaximaAnswer, MAXIMA_JSON_SCHEMA);
DOCUMENTED.add(answers.RaiseAnswer, { ...OVERRIDE_JSON_SCHEMA, required: ["expires_at"] });
name(answers.ConfigVersionSchema, "ConfigVersion", "One version of the configuration; version 0 is the empty one.");
name(answers.LedgerEntrySchema, "LedgerEntry", "What happened, when, and what belongs to an entry of its kind.", {
  id: "Grows with every entry.",
  times: "Of a refusal, if more than once: how often it happened to this subject for this reason within a minute.",
  overflow: "Of the user's scope and `scopes`, those in which the overflow bucket counted the amounts.",
  saturated: "The scopes whose totals have reached their ceiling, 2^53−1, and counted less than was reported.",
  reported:
    "What was reported, if the totals changed by something else: at a ceiling, or when a commit corrects a charge.",
});
name(answers.LedgerPage, "LedgerPage", "A page of the ledger.", {
  next: "The `after` of the next page; null at the end.",
});
name(answers.ConfigHistoryPage, "ConfigHistoryPage", "A page of the configuration's versions.");
name(answers.ErasedSchema, "Erased", "A person who was forgotten.", {
  pseudonym: "What stands for their id in the ledger from now on.",
  buckets: "How many buckets were theirs.",
});
name(answers.ErasedTenantSchema, "ErasedTenant", "All that was kept for the tenant is gone.");
name(answers.RevokedTokenSchema, "RevokedToken", "A token that does not hold any more.");
name(answers.HealthAnswer, "Health", "The service is up.");
name(answers.ProblemDocument, "Problem", "What is wrong with a call (RFC 9457). Nothing of it has taken effect.", {
  type: "The page that tells of it.",
  code: "What a program goes by; it never changes.",
  retryable: "The same call can be made again after a while.",
  request_id: "The answer's `X-Request-Id`, to be found in the service's logs.",
  errors:
    "Of an input: each field at fault, by its JSON pointer (RFC 6901), up to 100; of a batch's operation up to 10.",
  errors_omitted: "How many more fields are at fault.",
});
DOCUMENTED.add(TokenRequest.shape.scope, {
  description: `What it can be used for, in a list or with spaces between: ${TOKEN_SCOPES.join(", ")}.`,
});
name(TokenRequest, "TokenRequest", "What the token shall allow.", {
  user: "Every call of the token is bound to this user.",
  labels: "Every call of the token is bound to these labels.",
  free_labels:
    "Names of the other labels that a bound token may name. Without it, a token bound to a user may name `model` alone, and one bound to labels any. Default: those of the token that asks for it.",
  ttl_seconds: "How long it lives. Default 3600, or what is left of the token that asks for it.",
});
name(TokenAnswer, "Token", "A token. It is told once and kept nowhere.", {
  jti: "Names it, to revoke it by.",
});
