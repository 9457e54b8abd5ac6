import { z } from "zod";
import {
  type BudgetConfig,
  type ConfigIssue,
  type Consumption,
  configIssues,
  type EstimateRequest,
  isLabelName,
  MAX_EVENT_COST_USD as MAX_COST_USD,
  MAX_EVENT_TOKENS as MAX_TOKENS,
  MAX_TTL_SECONDS,
  type Maxima,
  overrideIssues,
  partsBeyondWhole,
  type StepRequest,
  TOKENS_TAKE_ALL,
} from "../core/index.ts";
import { Id, IdempotencyKey } from "./ids.ts";

const MAX_LABELS = 8;
export const MAX_BATCH = 1000;
const MAX_NOTE_LENGTH = 1000;

const TOKENS_TAKE = `takes a whole number from 0 to ${MAX_TOKENS}`;
const Tokens = z.int(TOKENS_TAKE).min(0, TOKENS_TAKE).max(MAX_TOKENS, TOKENS_TAKE);

const COST_TAKES = `takes a number of USD from 0 to ${MAX_COST_USD}`;
const CostUsd = z.number(COST_TAKES).min(0, COST_TAKES).max(MAX_COST_USD, COST_TAKES);

const DETAIL_TAKES = "takes true or false";

/** By label name. A `z.record` would drop a key `__proto__` unseen, so the names are checked on the object itself. */
const Labels = z.custom<Readonly<Record<string, string>>>(isObject, "takes an object of labels").check((context) => {
  const labels: [string, unknown][] = Object.entries(context.value);
  const refuse = (path: string[], message: string) =>
    context.issues.push({ code: "custom", path, message, input: context.value });
  if (labels.length > MAX_LABELS) {
    refuse([], `takes up to ${MAX_LABELS} labels`);
    return;
  }
  for (const [name, value] of labels) {
    if (!isLabelName(name)) refuse([name], "is not a label's name: a-z, 0-9 and _, from a letter, not user or tenant");
    const [issue] = Id.safeParse(value).error?.issues ?? [];
    if (issue) refuse([name], issue.message);
  }
});

/** Whose step it is. A user of null or absent is the anonymous one. `model` is also the label of that name. */
const step = {
  user_id: Id.nullable().optional(),
  labels: Labels.optional(),
  model: Id.optional(),
  detail: z.boolean(DETAIL_TAKES).optional(),
};

/** What makes a write safe to send again: the same key and body are answered as before, and have no further effect. */
const key = { idempotency_key: IdempotencyKey.optional() };

/** What a call may come to, ahead of it. */
const estimate = {
  tokens: Tokens.optional(),
  input_tokens: Tokens.optional(),
  output_tokens: Tokens.optional(),
  cost_usd: CostUsd.optional(),
  provider: Id.optional(),
};

/** What a call came to, all zero where absent. Without a cost it is priced by its model. */
const spent = {
  tokens_in: Tokens.optional(),
  tokens_out: Tokens.optional(),
  cache_read_input_tokens: Tokens.optional(),
  cache_write_input_tokens: Tokens.optional(),
  reasoning_output_tokens: Tokens.optional(),
  cost_usd: CostUsd.optional(),
  provider: Id.optional(),
};

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
  const message = `differs from labels.model, which is "${label}": give one of them, or the same in both`;
  context.issues.push({ code: "custom", path: ["model"], message, input: context.value });
}

/** `POST allows-step`: with an estimate, that has to fit as well. */
export const AllowsStepRequest = z.strictObject({ ...step, ...estimate }).check(checkEstimate, checkModel);
export type AllowsStepRequest = z.infer<typeof AllowsStepRequest>;

/** `POST consume`: what a step came to. */
export const ConsumeRequest = z.strictObject({ ...step, ...spent, ...key }).check(checkParts, checkModel);
export type ConsumeRequest = z.infer<typeof ConsumeRequest>;

const TTL_TAKES = `takes a number of seconds from 1 to ${MAX_TTL_SECONDS}`;
const ON_EXPIRY_TAKES = 'takes "release" (nothing was sent yet) or "charge" (the call may have been made)';
const IF_SHORT_TAKES = 'takes "reject" or "cap" (hold what is left)';
const hold = {
  ttl_seconds: z.number(TTL_TAKES).min(1, TTL_TAKES).max(MAX_TTL_SECONDS, TTL_TAKES).optional(),
  on_expiry: z.enum(["release", "charge"], ON_EXPIRY_TAKES).optional(),
  if_short: z.enum(["reject", "cap"], IF_SHORT_TAKES).optional(),
};

/** `POST reservations`: holds what a call may come to. */
export const ReserveRequest = z
  .strictObject({ ...step, ...estimate, ...hold, ...key })
  .check(checkEstimate, checkModel);
export type ReserveRequest = z.infer<typeof ReserveRequest>;

/** `POST reservations/:id/commit`: what the call came to; with `final: false` a part of it, and the rest stays held. */
export const CommitRequest = z
  .strictObject({
    ...spent,
    model: Id.optional(),
    final: z.boolean("takes true or false").optional(),
    detail: z.boolean(DETAIL_TAKES).optional(),
    ...key,
  })
  .check(checkParts);
export type CommitRequest = z.infer<typeof CommitRequest>;

/** `POST reservations/:id/release` */
export const ReleaseRequest = z.strictObject(key);
export type ReleaseRequest = z.infer<typeof ReleaseRequest>;

/** `POST reservations/:id/extend`: more to hold, more time from now on, or another meaning of its end. */
export const ExtendRequest = z.strictObject({ ...estimate, ...hold, ...key }).check(checkEstimate);
export type ExtendRequest = z.infer<typeof ExtendRequest>;

/** `POST batch`: up to 1,000 operations, each checked by itself. */
export const BatchRequest = z.strictObject({
  operations: z.array(z.unknown(), "takes a list of operations").max(MAX_BATCH, `takes up to ${MAX_BATCH} operations`),
});
export type BatchRequest = z.infer<typeof BatchRequest>;

/** More keys than a body of 64 KiB can hold, and longer ones than any limit's name. */
const MAX_KEYS = 4096;
const MAX_KEY_LENGTH = 320;

/** Checks limits and settings by name. What can be none by its size is refused before anything is said of it. */
function checkMaxima(
  context: z.core.ParsePayload<object>,
  issuesOf: (maxima: Readonly<Record<string, unknown>>) => readonly ConfigIssue[],
): void {
  const maxima = context.value as Readonly<Record<string, unknown>>;
  const { shadow_limits: names } = maxima;
  const refuse = (path: string[], message: string) =>
    context.issues.push({ code: "custom", path, message, input: context.value });
  const keys = Object.keys(maxima);
  if (keys.length > MAX_KEYS) return void refuse([], `takes up to ${MAX_KEYS} limits and settings`);
  if (Array.isArray(names) && names.length > MAX_KEYS) {
    return void refuse(["shadow_limits"], `takes up to ${MAX_KEYS} names`);
  }
  const long = keys.find((key) => key.length > MAX_KEY_LENGTH);
  if (long !== undefined) return void refuse([long], `is longer than the ${MAX_KEY_LENGTH} characters of any name`);
  for (const { key, detail } of issuesOf(maxima)) refuse([key], detail);
}

/** `PUT config`: limits by name, and settings. */
export const ConfigRequest = z
  .custom<BudgetConfig>(isObject, "takes an object of limits and settings")
  .check((context) => checkMaxima(context, configIssues));

/** `PATCH config`: an RFC 7396 merge patch. What it makes of the configuration is checked where that is. */
export const ConfigPatch = z
  .custom<Readonly<Record<string, unknown>>>(isObject, "takes an object to merge")
  .check((context) => checkMaxima(context, () => []));
export type ConfigPatch = z.infer<typeof ConfigPatch>;

const TIME_TAKES = "takes a time with its offset, such as 2026-11-24T05:00:00Z";
const Time = z.iso.datetime({ offset: true, error: TIME_TAKES });

const NOTE_TAKES = `takes text of up to ${MAX_NOTE_LENGTH} characters`;
const Note = z.string(NOTE_TAKES).max(MAX_NOTE_LENGTH, NOTE_TAKES);

/** `PUT …/limits`: a bucket's own maxima, under names without a scope, until `expires_at` or for good. */
export const OverrideRequest = z
  .custom<Maxima & { expires_at?: string | undefined }>(isObject, "takes an object of limits")
  .check((context) =>
    checkMaxima(context, ({ expires_at, ...maxima }) => {
      const isTime = expires_at === undefined || Time.safeParse(expires_at).success;
      return [...(isTime ? [] : [{ key: "expires_at", detail: TIME_TAKES }]), ...overrideIssues(maxima)];
    }),
  );
export type OverrideRequest = z.infer<typeof OverrideRequest>;

const DELTA_TAKES = `takes a whole number from -${MAX_TOKENS} to ${MAX_TOKENS}`;
const Delta = z.int(DELTA_TAKES).min(-MAX_TOKENS, DELTA_TAKES).max(MAX_TOKENS, DELTA_TAKES);
const COST_DELTA_TAKES = `takes a number of USD from -${MAX_COST_USD} to ${MAX_COST_USD}`;

/** `POST …/adjust`: a debit, or with negative amounts a credit, and why. */
export const AdjustRequest = z.strictObject({
  tokens_in: Delta.optional(),
  tokens_out: Delta.optional(),
  cost_usd: z
    .number(COST_DELTA_TAKES)
    .min(-MAX_COST_USD, COST_DELTA_TAKES)
    .max(MAX_COST_USD, COST_DELTA_TAKES)
    .optional(),
  calls: Delta.optional(),
  note: Note.min(1, "takes text: why the totals are corrected"),
  ...key,
});
export type AdjustRequest = z.infer<typeof AdjustRequest>;

/** `POST …/reset` and `…/unfreeze` */
export const NoteRequest = z.strictObject({ note: Note.optional(), ...key });
export type NoteRequest = z.infer<typeof NoteRequest>;

/** `POST …/freeze`: until a time, or until it is lifted. */
export const FreezeRequest = z.strictObject({ until: Time.nullable().optional(), note: Note.optional(), ...key });
export type FreezeRequest = z.infer<typeof FreezeRequest>;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
