/** The JSON Schemas of configurations and of a bucket's own limits, for the OpenAPI document. */
import { type BudgetConfig, METRICS, type Metric } from "../core/index.ts";

/** A JSON Schema of draft 2020-12, which OpenAPI 3.1 uses. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const SCOPE = "(per_[a-z][a-z0-9_]*_)?";
const WINDOW = "(_per_(minute|hour|day|week|month|[1-9][0-9]{0,5}[mhd]))?";

const COUNT = { type: ["integer", "null"], minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const MAXIMA: Readonly<Partial<Record<Metric, JsonSchema>>> = {
  cost_usd: { type: ["number", "null"], minimum: 0, maximum: 9_000_000 },
  wall_clock: { type: ["number", "null"], minimum: 0, maximum: 1e11 },
};

/** Maxima by limit name: the metric, with `scope` before it and a window after it. */
function limitPatterns(scope: string): JsonSchema {
  const pattern = (metric: Metric) => `^${scope}max_${metric}${metric === "wall_clock" ? "" : WINDOW}$`;
  return Object.fromEntries(METRICS.map((metric) => [pattern(metric), MAXIMA[metric] ?? COUNT]));
}

/** The keys of a configuration that are not limits. */
type SettingName = keyof { [K in keyof BudgetConfig as object extends Record<K, 1> ? never : K]: 1 };

const USD_PER_MILLION = { type: "number", minimum: 0, maximum: 1_000_000 };

const SETTINGS: Readonly<Record<SettingName, JsonSchema>> = {
  soft_warning_at: {
    type: "number",
    minimum: 0,
    maximum: 1,
    default: 0.8,
    description: "The share of a maximum from which a decision is `warn`.",
  },
  timezone: { type: "string", default: "UTC", description: "The IANA time zone of calendar windows." },
  day_starts_at: { type: "string", pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$", default: "00:00" },
  week_starts_on: {
    enum: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    default: "monday",
  },
  month_starts_on: { type: "integer", minimum: 1, maximum: 28, default: 1, description: "The billing day." },
  enforcement: {
    enum: ["enforce", "shadow"],
    default: "enforce",
    description: "With `shadow` no limit blocks, and decisions report which one would have.",
  },
  shadow_limits: {
    type: "array",
    items: { type: "string" },
    uniqueItems: true,
    description: "Names of this configuration's limits that do not block.",
  },
  max_users: {
    type: ["integer", "null"],
    minimum: 1,
    default: 100_000,
    description:
      "The most buckets of each scope. Beyond it, new subjects share an overflow bucket if the scope has limits; otherwise the least recently used bucket is evicted. Null: no bound.",
  },
  user_idle_ttl_seconds: {
    type: ["number", "null"],
    exclusiveMinimum: 0,
    maximum: 1e11,
    default: null,
    description: "Seconds without use after which a bucket is evicted. Null: never.",
  },
  max_event_tokens: {
    type: "integer",
    minimum: 1,
    maximum: 1e12,
    default: 100_000_000,
    description: "The most tokens that one event, or one reservation with its extensions, can have.",
  },
  max_event_cost_usd: {
    type: "number",
    exclusiveMinimum: 0,
    maximum: 1_000_000,
    default: 10_000,
    description: "The most USD that one event, or one reservation with its extensions, can cost.",
  },
  reservation_ttl_seconds: {
    type: "number",
    minimum: 1,
    maximum: 86_400,
    default: 60,
    description: "Seconds until a reservation expires if it does not set `ttl_seconds`.",
  },
  max_reserved_share: {
    type: "number",
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.5,
    description: "The share of what others leave of a limit that one bound caller's open reservations may hold.",
  },
  ledger_retention_days: {
    type: "integer",
    minimum: 1,
    maximum: 3660,
    default: 35,
    description: "Days for which ledger entries and settled reservations are kept.",
  },
  prices: {
    type: "object",
    description: "Prices of models in USD per million tokens. They take precedence over the catalogue.",
    additionalProperties: {
      type: "object",
      properties: {
        input_usd: USD_PER_MILLION,
        output_usd: USD_PER_MILLION,
        cache_read_usd: USD_PER_MILLION,
        cache_write_usd: USD_PER_MILLION,
      },
      required: ["input_usd", "output_usd"],
      additionalProperties: false,
    },
  },
};

/** A configuration. `configIssues` is stricter: it also checks time zones, and rejects two names of one limit. */
export const CONFIG_JSON_SCHEMA: JsonSchema = {
  type: "object",
  properties: SETTINGS,
  patternProperties: limitPatterns(SCOPE),
  additionalProperties: false,
};

/** A bucket's own maxima, under names without a scope. */
export const MAXIMA_JSON_SCHEMA: JsonSchema = {
  type: "object",
  patternProperties: limitPatterns(""),
  additionalProperties: false,
};

/** A bucket's own maxima that expire. */
export const OVERRIDE_JSON_SCHEMA: JsonSchema = {
  ...MAXIMA_JSON_SCHEMA,
  properties: { expires_at: { type: "string", format: "date-time" } },
};
