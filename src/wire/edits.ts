/** The requests of operators: configuration, limits, adjustments and freezes. */
import { z } from "zod";
import {
  type BudgetConfig,
  type ConfigIssue,
  configIssues,
  MAX_EVENT_COST_USD as MAX_COST_USD,
  MAX_EVENT_TOKENS as MAX_TOKENS,
  type Maxima,
  overrideIssues,
} from "../core/index.ts";
import { CONFIG_JSON_SCHEMA, OVERRIDE_JSON_SCHEMA } from "./config-json-schema.ts";
import { IdempotencyKey } from "./ids.ts";
import type { Immutable } from "./immutable.ts";
import { isObject } from "./requests.ts";

const MAX_NOTE_LENGTH = 1000;
const MAX_AUTHOR_LENGTH = 256;

/** Makes a write safe to repeat. */
const key = { idempotency_key: IdempotencyKey.optional() };

/** More keys than a body of 64 KiB can have, and longer ones than any limit's name. */
const MAX_KEYS = 4096;
const MAX_KEY_LENGTH = 320;

/** Checks limits and settings by name. Objects that are too large are refused before their keys are checked. */
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
  if (long !== undefined)
    return void refuse([long], `is longer than any name, which has up to ${MAX_KEY_LENGTH} characters`);
  for (const { key, detail } of issuesOf(maxima)) refuse([key], detail);
}

/** `PUT config`: limits by name, and settings. */
export const ConfigRequest = z
  .custom<BudgetConfig>(isObject, "takes an object of limits and settings")
  .check((context) => checkMaxima(context, configIssues))
  .meta({
    id: "BudgetConfig",
    description: "Limits and settings. A limit's name is its definition: `[per_<scope>_]max_<metric>[_per_<window>]`.",
    ...CONFIG_JSON_SCHEMA,
  });
export type ConfigRequest = z.infer<typeof ConfigRequest>;

/** `PATCH config`: a merge patch (RFC 7396). The object validates the merged configuration. */
export const ConfigPatch = z
  .custom<Readonly<Record<string, unknown>>>(isObject, "takes an object to merge")
  .check((context) => checkMaxima(context, () => []))
  .meta({
    id: "ConfigPatch",
    description: "A merge patch of a configuration (RFC 7396): null removes a key.",
    type: "object",
  });
export type ConfigPatch = z.infer<typeof ConfigPatch>;

const TIME_TAKES = "takes a time with an offset, such as 2026-11-24T05:00:00Z";
const Time = z.iso.datetime({ offset: true, error: TIME_TAKES });

const AUTHOR_TAKES = `takes text of up to ${MAX_AUTHOR_LENGTH} characters, or null`;

/** The precondition and the author of an edit of the configuration or of a bucket's limits. HTTP has them in headers. */
export const Edit = z.strictObject({
  ifVersion: z
    .array(z.int().min(0), "takes a list of versions")
    .optional()
    .describe("The versions to which the edit may be applied. Absent: any."),
  author: z
    .string(AUTHOR_TAKES)
    .max(MAX_AUTHOR_LENGTH, AUTHOR_TAKES)
    .nullable()
    .optional()
    .describe("Who makes the edit, for the history."),
  ...key,
});
export type Edit = Immutable<z.infer<typeof Edit>>;

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
  )
  .meta({
    id: "OverrideRequest",
    description: "A bucket's own limits, under names without a scope. Null lifts the limit.",
    ...OVERRIDE_JSON_SCHEMA,
  });
export type OverrideRequest = z.infer<typeof OverrideRequest>;

const DELTA_TAKES = `takes a whole number from -${MAX_TOKENS} to ${MAX_TOKENS}`;
const Delta = z.int(DELTA_TAKES).min(-MAX_TOKENS, DELTA_TAKES).max(MAX_TOKENS, DELTA_TAKES);
const COST_DELTA_TAKES = `takes a number of USD from -${MAX_COST_USD} to ${MAX_COST_USD}`;
const CostDelta = z.number(COST_DELTA_TAKES).min(-MAX_COST_USD, COST_DELTA_TAKES).max(MAX_COST_USD, COST_DELTA_TAKES);

const note = Note.optional().describe("The reason, which is recorded in the ledger.");

/** `POST …/adjust` */
export const AdjustRequest = z
  .strictObject({
    tokens_in: Delta.optional().describe("Change of the input tokens."),
    tokens_out: Delta.optional().describe("Change of the output tokens."),
    cost_usd: CostDelta.optional().describe("Change of the cost in USD."),
    calls: Delta.optional().describe("Change of the number of calls."),
    note: Note.min(1, "takes the reason for the correction, as text").describe("The reason for the correction."),
    ...key,
  })
  .meta({ id: "AdjustRequest", description: "A debit, or with negative amounts a credit." });
export type AdjustRequest = z.infer<typeof AdjustRequest>;

/** `POST …/reset` and `…/unfreeze` */
export const NoteRequest = z
  .strictObject({ note, ...key })
  .meta({ id: "NoteRequest", description: "The reason, for the ledger." });
export type NoteRequest = z.infer<typeof NoteRequest>;

/** `POST …/freeze` */
export const FreezeRequest = z
  .strictObject({
    until: Time.nullable().optional().describe("When the freeze ends. Null or absent: when it is lifted."),
    note,
    ...key,
  })
  .meta({ id: "FreezeRequest", description: "How long steps are blocked." });
export type FreezeRequest = z.infer<typeof FreezeRequest>;
