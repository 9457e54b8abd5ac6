/**
 * What the OpenAPI document says of each schema beside its shape: its name there, what its fields mean, and the shape
 * of those that check themselves in code.
 */
import { z } from "zod";
import * as answers from "./answer-schemas.ts";
import { CONFIG_JSON_SCHEMA, type JsonSchema, MAXIMA_JSON_SCHEMA, OVERRIDE_JSON_SCHEMA } from "./config-json-schema.ts";
import { Id } from "./ids.ts";
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

DOCUMENTED.add(Id, { minLength: 1, maxLength: 256, description: "Any text of 1 to 256 bytes of UTF-8." });
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
describe(requests.PageQuery, {
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
name(answers.LimitStatusAnswer, "LimitStatus", "How one limit stands, in its metric's unit.", {
  held: "What live reservations keep.",
  resets_at: "When nothing that counts now will count any more; null for never.",
  shadow: "The limit does not block.",
});
name(answers.UsageAnswerSchema, "Usage", "A bucket's totals and how its limits stand.", {
  scope: "`tenant`, `user`, a label's name, or two to four of those joined by `_and_`.",
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
});
name(answers.LedgerPage, "LedgerPage", "A page of the ledger.", {
  next: "The `after` of the next page; null at the end.",
});
name(answers.ConfigHistoryPage, "ConfigHistoryPage", "A page of the configuration's versions.");
name(answers.HealthAnswer, "Health", "The service is up.");
name(answers.ProblemDocument, "Problem", "What is wrong with a call (RFC 9457). Nothing of it has taken effect.", {
  type: "The page that tells of it.",
  code: "What a program goes by; it never changes.",
  retryable: "The same call can be made again after a while.",
  request_id: "The answer's `X-Request-Id`, to be found in the service's logs.",
  errors: "Of an input: each field at fault, by its JSON pointer (RFC 6901).",
});
DOCUMENTED.add(TokenRequest.shape.scope, {
  description: `What it can be used for, in a list or with spaces between: ${TOKEN_SCOPES.join(", ")}.`,
});
name(TokenRequest, "TokenRequest", "What the token shall allow.", {
  user: "Every call of the token is bound to this user.",
  labels: "Every call of the token is bound to these labels.",
  ttl_seconds: "How long it lives. Default 3600, or what is left of the token that asks for it.",
});
name(TokenAnswer, "Token", "A token. It is told once and kept nowhere.", {
  jti: "Names it, to revoke it by.",
});
