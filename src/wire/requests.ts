import { z } from "zod";
import {
  type BudgetConfig,
  configIssues,
  isLabelName,
  type Maxima,
  overrideIssues,
  partsBeyondWhole,
} from "../core/index.ts";
import { Id } from "./ids.ts";

/** More than any call can use; it leaves room for 9,000 such events in a total. */
const MAX_TOKENS = 1_000_000_000_000;
const MAX_COST_USD = 1_000_000;
const MAX_LABELS = 8;
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
  if (labels.length > MAX_LABELS) refuse([], `takes up to ${MAX_LABELS} labels`);
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

/** `POST allows-step` */
export const AllowsStepRequest = z.strictObject(step);
export type AllowsStepRequest = z.infer<typeof AllowsStepRequest>;

/** `POST consume`: what a step came to, all zero where absent. Without a cost it is priced by its model. */
export const ConsumeRequest = z
  .strictObject({
    ...step,
    tokens_in: Tokens.optional(),
    tokens_out: Tokens.optional(),
    cache_read_input_tokens: Tokens.optional(),
    cache_write_input_tokens: Tokens.optional(),
    reasoning_output_tokens: Tokens.optional(),
    cost_usd: CostUsd.optional(),
    provider: Id.optional(),
  })
  .check((context) => {
    for (const { field, detail } of partsBeyondWhole(context.value)) {
      context.issues.push({ code: "custom", path: [field], message: detail, input: context.value });
    }
  });
export type ConsumeRequest = z.infer<typeof ConsumeRequest>;

/** `PUT config`: limits by name, and settings. */
export const ConfigRequest = z
  .custom<BudgetConfig>(isObject, "takes an object of limits and settings")
  .check((context) => {
    for (const { key, detail } of configIssues(context.value as Record<string, unknown>)) {
      context.issues.push({ code: "custom", path: [key], message: detail, input: context.value });
    }
  });

/** `PATCH config`: an RFC 7396 merge patch. What it makes of the configuration is checked where that is. */
export const ConfigPatch = z.custom<Readonly<Record<string, unknown>>>(isObject, "takes an object to merge");
export type ConfigPatch = z.infer<typeof ConfigPatch>;

const TIME_TAKES = "takes a time with its offset, such as 2026-11-24T05:00:00Z";
const Time = z.iso.datetime({ offset: true, error: TIME_TAKES });

const NOTE_TAKES = `takes text of up to ${MAX_NOTE_LENGTH} characters`;
const Note = z.string(NOTE_TAKES).max(MAX_NOTE_LENGTH, NOTE_TAKES);

/** `PUT …/limits`: a bucket's own maxima, under names without a scope, until `expires_at` or for good. */
export const OverrideRequest = z
  .custom<Maxima & { expires_at?: string | undefined }>(isObject, "takes an object of limits")
  .check((context) => {
    const { expires_at, ...maxima } = context.value as Record<string, unknown>;
    const refuse = (key: string, message: string) =>
      context.issues.push({ code: "custom", path: [key], message, input: context.value });
    if (expires_at !== undefined && !Time.safeParse(expires_at).success) refuse("expires_at", TIME_TAKES);
    for (const { key, detail } of overrideIssues(maxima)) refuse(key, detail);
  });
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
});
export type AdjustRequest = z.infer<typeof AdjustRequest>;

/** `POST …/reset` and `…/unfreeze` */
export const NoteRequest = z.strictObject({ note: Note.optional() });
export type NoteRequest = z.infer<typeof NoteRequest>;

/** `POST …/freeze`: until a time, or until it is lifted. */
export const FreezeRequest = z.strictObject({ until: Time.nullable().optional(), note: Note.optional() });
export type FreezeRequest = z.infer<typeof FreezeRequest>;

const PAGE_TAKES = "takes a whole number from 1 to 1000";

/** The query of a paged list: entries after an id, so many at a time. */
export const PageQuery = z.strictObject({
  after: z.coerce.number("takes the id after which to go on").int().min(0).default(0),
  limit: z.coerce.number(PAGE_TAKES).int(PAGE_TAKES).min(1, PAGE_TAKES).max(1000, PAGE_TAKES).default(100),
});
export type PageQuery = z.infer<typeof PageQuery>;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
