/** The requests of steps and reservations. */
import { z } from "zod";
import {
  type Consumption,
  type EstimateRequest,
  isLabelName,
  MAX_EVENT_COST_USD as MAX_COST_USD,
  MAX_EVENT_TOKENS as MAX_TOKENS,
  MAX_TTL_SECONDS,
  partsBeyondWhole,
  type StepRequest,
  TOKENS_TAKE_ALL,
} from "../core/index.ts";
import { Id, IdempotencyKey } from "./ids.ts";
import { reportedFields } from "./usage-fields.ts";

const MAX_LABELS = 8;

const TOKENS_TAKE = `takes a whole number from 0 to ${MAX_TOKENS}`;
const Tokens = z.int(TOKENS_TAKE).min(0, TOKENS_TAKE).max(MAX_TOKENS, TOKENS_TAKE);

const COST_TAKES = `takes a number of USD from 0 to ${MAX_COST_USD}`;
const CostUsd = z.number(COST_TAKES).min(0, COST_TAKES).max(MAX_COST_USD, COST_TAKES);

const DETAIL_TAKES = "takes true or false";

/** Labels by name. A `z.record` would silently drop a key `__proto__`, so names are checked on the object itself. */
export const Labels = z
  .custom<Readonly<Record<string, string>>>(isObject, "takes an object of labels")
  .check((context) => {
    const labels: [string, unknown][] = Object.entries(context.value);
    const refuse = (path: string[], message: string) =>
      context.issues.push({ code: "custom", path, message, input: context.value });
    if (labels.length > MAX_LABELS) {
      refuse([], `takes up to ${MAX_LABELS} labels`);
      return;
    }
    for (const [name, value] of labels) {
      if (!isLabelName(name)) {
        refuse([name], "is not a label's name: a-z, 0-9 and _, starting with a letter, not user or tenant");
      }
      const [issue] = Id.safeParse(value).error?.issues ?? [];
      if (issue) refuse([name], issue.message);
    }
  })
  .meta({
    type: "object",
    maxProperties: MAX_LABELS,
    propertyNames: { pattern: "^[a-z][a-z0-9_]{0,63}$" },
    additionalProperties: { type: "string", minLength: 1, maxLength: 256 },
  });

const detail = z.boolean(DETAIL_TAKES).optional().describe("Whether to return every limit that applies.");
const model = Id.optional().describe("The model. It is also the label `model`, unless that is given.");
const provider = Id.optional().describe("The model's provider, such as `openai`. It selects the price.");

/** The step's subject. */
const step = {
  user_id: Id.nullable().optional().describe("The user. Null or absent: the anonymous user."),
  labels: Labels.optional().describe("Up to 8 labels, such as `run` or `team`. Limits can count for each value."),
  model,
  detail,
};

/** Makes a write safe to repeat. */
const key = { idempotency_key: IdempotencyKey.optional() };

const PRICED = "Absent: computed from `model`, or 0 if there is no model.";

const estimate = {
  tokens: Tokens.optional().describe("Total tokens: at least `input_tokens` plus `output_tokens`. Absent: their sum."),
  input_tokens: Tokens.optional().describe("Input tokens of the estimate."),
  output_tokens: Tokens.optional().describe("Output tokens of the estimate."),
  cost_usd: CostUsd.optional().describe(`Estimated cost in USD. ${PRICED}`),
  provider,
};

/** What a call used. It is one call. */
const used = reportedFields(({ unit, description }) =>
  unit === "USD"
    ? CostUsd.optional().describe(`${description} ${PRICED}`)
    : Tokens.optional().describe(`${description} Default 0.`),
);
const spent = { ...used, provider };

function checkParts(context: z.core.ParsePayload<Consumption>): void {
  for (const { field, detail } of partsBeyondWhole(context.value)) {
    context.issues.push({ code: "custom", path: [field], message: detail, input: context.value });
  }
}

function checkEstimate(context: z.core.ParsePayload<EstimateRequest>): void {
  const { tokens, input_tokens = 0, output_tokens = 0 } = context.value;
  if (tokens === undefined || tokens >= input_tokens + output_tokens) return;
  context.issues.push({ code: "custom", path: ["tokens"], message: TOKENS_TAKE_ALL, input: context.value });
}

/** A call must not be priced as one model and counted as another. */
function checkModel(context: z.core.ParsePayload<StepRequest>): void {
  const { model, labels: { model: label = model } = {} } = context.value;
  if (model === undefined || model === label) return;
  const message = `differs from labels.model, which is "${label}": send one of them, or the same in both`;
  context.issues.push({ code: "custom", path: ["model"], message, input: context.value });
}

/** `POST allows-step` */
export const AllowsStepRequest = z
  .strictObject({ ...step, ...estimate })
  .check(checkEstimate, checkModel)
  .meta({
    id: "AllowsStepRequest",
    description: "The step's user and labels, and optionally an estimate of its usage.",
  });
export type AllowsStepRequest = z.infer<typeof AllowsStepRequest>;

/** `POST consume` */
export const ConsumeRequest = z
  .strictObject({ ...step, ...spent, ...key })
  .check(checkParts, checkModel)
  .meta({ id: "ConsumeRequest", description: "A step's usage." });
export type ConsumeRequest = z.infer<typeof ConsumeRequest>;

/** `POST quote` */
export const QuoteRequest = z
  .strictObject({ ...step, ...spent })
  .check(checkParts, checkModel)
  .meta({ id: "QuoteRequest", description: "A call's usage, as for `consume`." });
export type QuoteRequest = z.infer<typeof QuoteRequest>;

const TTL_TAKES = `takes a number of seconds from 1 to ${MAX_TTL_SECONDS}`;
const ON_EXPIRY_TAKES = 'takes "release" (nothing was sent yet) or "charge" (the call may have been made)';
const IF_SHORT_TAKES = 'takes "reject" or "cap" (reserve what is left)';
const ttlSeconds = z.number(TTL_TAKES).min(1, TTL_TAKES).max(MAX_TTL_SECONDS, TTL_TAKES).optional();
const terms = {
  ttl_seconds: ttlSeconds.describe(
    "Seconds until the reservation expires. Default: the configuration's `reservation_ttl_seconds`.",
  ),
  on_expiry: z
    .enum(["release", "charge"], ON_EXPIRY_TAKES)
    .optional()
    .describe(
      "What expiry does: `release` returns the amounts (nothing was sent yet), `charge` charges them in full (the call may have been made) until a commit corrects the charge. Default `release`.",
    ),
  if_short: z
    .enum(["reject", "cap"], IF_SHORT_TAKES)
    .optional()
    .describe(
      "What to do if less is left than asked for: `reject`, or `cap` to reserve what is left. Default `reject`.",
    ),
};

/** `POST reservations` */
export const ReserveRequest = z
  .strictObject({ ...step, ...estimate, ...terms, ...key })
  .check(checkEstimate, checkModel)
  .meta({ id: "ReserveRequest", description: "The amounts to reserve for a call." });
export type ReserveRequest = z.infer<typeof ReserveRequest>;

/** `POST reservations/:id/commit` */
export const CommitRequest = z
  .strictObject({
    ...spent,
    model,
    final: z
      .boolean("takes true or false")
      .optional()
      .describe("False: this is a partial commit, and the rest stays reserved. Default true."),
    detail,
    ...key,
  })
  .check(checkParts)
  .meta({ id: "CommitRequest", description: "The call's usage, or a part of it." });
export type CommitRequest = z.infer<typeof CommitRequest>;

/** `POST reservations/:id/release` */
export const ReleaseRequest = z
  .strictObject(key)
  .meta({ id: "ReleaseRequest", description: "An idempotency key, or nothing." });
export type ReleaseRequest = z.infer<typeof ReleaseRequest>;

/** `POST reservations/:id/extend` */
export const ExtendRequest = z
  .strictObject({
    ...estimate,
    ...terms,
    ttl_seconds: ttlSeconds.describe("Seconds from now until the reservation expires. Absent: unchanged."),
    ...key,
  })
  .check(checkEstimate)
  .meta({ id: "ExtendRequest", description: "Additional amounts to reserve, and a new expiry." });
export type ExtendRequest = z.infer<typeof ExtendRequest>;

/** True for a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
