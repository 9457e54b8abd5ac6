import type { Dice } from "../crash/dice.ts";
import type { ApiDocument, Json } from "./document.ts";
import { pick } from "./pick.ts";

/** Says what a field of a name takes where its schema alone says too little; undefined where the schema will do. */
export type Hint = (field: string) => unknown;

/** Names of limits and of labels, of which a schema tells patterns. */
const NAMES = [
  "max_tokens",
  "max_cost_usd_per_day",
  "max_input_tokens_per_week",
  "max_output_tokens_per_24h",
  "max_calls_per_minute",
  "max_calls",
  "max_wall_clock",
  "max_concurrent_calls",
  "per_user_max_tokens_per_5h",
  "per_user_max_cost_usd",
  "per_user_max_concurrent_calls",
  "per_team_max_calls_per_hour",
  "per_model_max_cost_usd_per_month",
  "per_user_and_model_max_tokens_per_30d",
  "per_team_max_input_tokens_per_15m",
  "team",
  "run",
  "model",
  "customer_tier",
] as const;

const TIMES = ["12:00", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00+02:00", "2099-12-31T23:59:59.999Z"] as const;
/** What numbers most calls send: far less than what they may. */
const USUAL = 5000;

/** Makes values that fit a schema of the document. */
export class SchemaValues {
  readonly #document: ApiDocument;

  constructor(document: ApiDocument) {
    this.#document = document;
  }

  make(dice: Dice, unresolved: Json, hint: Hint): unknown {
    const schema = this.#document.resolve(unresolved);
    const choices = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(choices)) return this.make(dice, pick(dice, choices as Json[]), hint);
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return pick(dice, schema.enum as unknown[]);
    const type = Array.isArray(schema.type) ? pick(dice, schema.type as string[]) : schema.type;
    switch (type) {
      case "null":
        return null;
      case "boolean":
        return dice.percent(50);
      case "integer":
        return number(dice, schema, false);
      case "number":
        return number(dice, schema, true);
      case "string":
        return text(dice, schema);
      case "array":
        return Array.from({ length: dice.int(0, 3) }, () => this.make(dice, (schema.items as Json) ?? {}, hint));
      default:
        return this.#object(dice, schema, hint);
    }
  }

  #object(dice: Dice, schema: Json, hint: Hint): Record<string, unknown> {
    const { properties = {}, patternProperties = {}, additionalProperties, propertyNames } = schema;
    const required = new Set((schema.required as string[]) ?? []);
    const fields: [string, Json][] = Object.entries(properties as Record<string, Json>).filter(
      ([field]) => required.has(field) || dice.percent(35),
    );
    for (const [pattern, inner] of Object.entries(patternProperties as Record<string, Json>)) {
      const names = NAMES.filter((name) => new RegExp(pattern).test(name));
      if (names.length > 0 && dice.percent(25)) fields.push([pick(dice, names), inner]);
    }
    if (typeof additionalProperties === "object" && additionalProperties !== null) {
      const pattern = new RegExp((propertyNames as Json | undefined)?.pattern as string);
      const names = NAMES.filter((name) => pattern.test(name) && dice.percent(15));
      for (const name of names.slice(0, 3)) fields.push([name, additionalProperties as Json]);
    }
    return Object.fromEntries(
      fields.map(([field, inner]) => {
        const hinted = hint(field);
        return [field, hinted === undefined ? this.make(dice, inner, hint) : hinted];
      }),
    );
  }
}

function number(dice: Dice, schema: Json, isFractional: boolean): number {
  const min = (schema.minimum ?? schema.exclusiveMinimum ?? 0) as number;
  const max = Math.min((schema.maximum ?? Number.MAX_SAFE_INTEGER) as number, Number.MAX_SAFE_INTEGER);
  const chance = dice.int(1, 100);
  if (chance <= 3) return max;
  if (chance <= 8) return min;
  const most = Math.min(max, Math.max(min, 0) + USUAL);
  const least = Math.max(min, -USUAL);
  const whole = dice.int(Math.ceil(least), Math.floor(most));
  return isFractional && dice.percent(70) ? Math.max(min, whole / pick(dice, [7, 1000])) : whole;
}

function text(dice: Dice, { format, pattern, minLength = 0 }: Json): string {
  if (format === "date-time") return pick(dice, TIMES);
  if (typeof pattern === "string") return TIMES.find((time) => new RegExp(pattern).test(time)) ?? "a";
  const length = pick(dice, [Math.max(1, minLength as number), 5, 36]);
  return Array.from({ length }, () => pick(dice, ["a", "b", "Z", "0", "-", "é"])).join("");
}
