/** The JSON Schemas of a configuration and of a bucket's own maxima, derived from the core's tables and grammar. */
import {
  CALENDAR_UNITS,
  JOINT,
  LABEL_PATTERN,
  MAX_PARTS,
  MAX_ROLLING,
  MAXIMA,
  METRICS,
  type Metric,
  type NumberType,
  OPTIONAL_PRICES,
  PRICE,
  REQUIRED_PRICES,
  SETTINGS,
  type Setting,
  TENANT,
  TIME_PATTERN,
  whyNoWindow,
} from "../core/index.ts";

/** A JSON Schema of draft 2020-12, which OpenAPI 3.1 uses. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const WINDOW = [...CALENDAR_UNITS, ...Object.entries(MAX_ROLLING).map(([unit, max]) => `(${upTo(max)})${unit}`)];

/** A regular expression for the whole numbers from 1 to `max`, without leading zeros. */
function upTo(max: number): string {
  const digits = `${max}`;
  const numbers = [digits];
  for (let i = 0; i < digits.length; i += 1) {
    // Fewer digits than `max`; or the same as `max` before this digit, and a smaller one here.
    if (i > 0) numbers.push(`[1-9]${anyDigits(i - 1)}`);
    const least = i === 0 ? 1 : 0;
    const less = Number(digits[i]) - 1;
    if (less >= least) numbers.push(`${digits.slice(0, i)}[${least}-${less}]${anyDigits(digits.length - i - 1)}`);
  }
  return numbers.join("|");
}

function anyDigits(count: number): string {
  return "[0-9]".repeat(count);
}

/** What follows the scope in the name of a limit. */
function metricPattern(metric: Metric): string {
  return `max_${metric}${whyNoWindow(metric) === undefined ? `(_per_(${WINDOW.join("|")}))?` : ""}`;
}

/** The name of a limit with any scope, or with none. */
function limitPattern(metric: Metric): string {
  // `user` is spelled as labels are; `tenant` cannot be a part of a scope.
  const part = `(?!${TENANT}(${JOINT}|_max_${metric}(_per_[a-z0-9]+)?$))${LABEL_PATTERN}`;
  return `^(per_${part}(${JOINT}${part}){0,${MAX_PARTS - 1}}_)?${metricPattern(metric)}$`;
}

function maxima(patternOf: (metric: Metric) => string): JsonSchema {
  return Object.fromEntries(METRICS.map((metric) => [patternOf(metric), numberSchema(MAXIMA[metric])]));
}

function numberSchema({ type, minimum, exclusiveMinimum, maximum, null: nullMeans }: NumberType): JsonSchema {
  return {
    type: nullMeans === undefined ? type : [type, "null"],
    ...(minimum !== undefined && { minimum }),
    ...(exclusiveMinimum !== undefined && { exclusiveMinimum }),
    ...(maximum !== undefined && { maximum }),
  };
}

const PRICE_SCHEMA = numberSchema(PRICE);

const PRICES_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: {
    type: "object",
    properties: Object.fromEntries([...REQUIRED_PRICES, ...OPTIONAL_PRICES].map((field) => [field, PRICE_SCHEMA])),
    required: REQUIRED_PRICES,
    additionalProperties: false,
  },
};

function settingSchema(setting: Setting): JsonSchema {
  switch (setting.type) {
    case "choice":
      return { enum: setting.values, default: setting.default };
    case "timezone":
      return { type: "string", default: setting.default };
    case "time":
      return { type: "string", pattern: TIME_PATTERN, default: setting.default };
    case "limit_names":
      return { type: "array", items: { type: "string" }, uniqueItems: true };
    case "prices":
      return PRICES_SCHEMA;
    default:
      return { ...numberSchema(setting), default: setting.default };
  }
}

function describedSetting(setting: Setting): JsonSchema {
  const nullMeans = "null" in setting ? ` Null: ${setting.null}.` : "";
  return { ...settingSchema(setting), description: `${setting.description}${nullMeans}` };
}

/**
 * A configuration. `configIssues` is stricter: it knows time zones, that a scope names each part once, and that a
 * limit has one name.
 */
export const CONFIG_JSON_SCHEMA: JsonSchema = {
  type: "object",
  properties: Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, describedSetting(setting)])),
  patternProperties: maxima(limitPattern),
  additionalProperties: false,
};

/** A bucket's own maxima, under names without a scope. */
export const MAXIMA_JSON_SCHEMA: JsonSchema = {
  type: "object",
  patternProperties: maxima((metric) => `^${metricPattern(metric)}$`),
  additionalProperties: false,
};

/** A bucket's own maxima, with the time at which they expire. */
export const OVERRIDE_JSON_SCHEMA: JsonSchema = {
  ...MAXIMA_JSON_SCHEMA,
  properties: { expires_at: { type: "string", format: "date-time" } },
};
