/** The types of values that a configuration takes: what each accepts, and the sentence that says so. */
import { isTimezone } from "./calendar.ts";

/** A number within bounds. The bounds have the names that JSON Schema gives them. */
export interface NumberType {
  readonly type: "integer" | "number";
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  /** What is counted: `tokens`, `USD`. */
  readonly unit?: string;
  /** What null stands for, if it is accepted: `no bound`. */
  readonly null?: string;
}

/** One of a few words. */
export interface ChoiceType {
  readonly type: "choice";
  readonly values: readonly string[];
}

export type ValueType =
  | NumberType
  | ChoiceType
  /** An IANA time zone. */
  | { readonly type: "timezone" }
  /** A local time, `HH:MM`. */
  | { readonly type: "time" }
  /** Different names of limits. */
  | { readonly type: "limit_names" }
  /** Models with their prices. */
  | { readonly type: "prices" };

/** A local time, as a regular expression. */
export const TIME_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]$";
const TIME = new RegExp(TIME_PATTERN);

/** The prices of a model. A cache price that is absent is the input's. */
export const REQUIRED_PRICES = ["input_usd", "output_usd"] as const;
export const OPTIONAL_PRICES = ["cache_read_usd", "cache_write_usd"] as const;
export const PRICE = { type: "number", minimum: 0, maximum: 1_000_000, unit: "USD per million tokens" } as const;

/** What a model's tokens cost, in USD per million. */
export type ModelPrice = { readonly [P in (typeof REQUIRED_PRICES)[number]]: number } & {
  readonly [P in (typeof OPTIONAL_PRICES)[number]]?: number | undefined;
};

export function accepts(type: ValueType, value: unknown): boolean {
  switch (type.type) {
    case "choice":
      return typeof value === "string" && type.values.includes(value);
    case "timezone":
      return typeof value === "string" && isTimezone(value);
    case "time":
      return typeof value === "string" && TIME.test(value);
    case "limit_names":
      return Array.isArray(value) && value.every((name) => typeof name === "string") && isWithoutRepeats(value);
    case "prices":
      return isObject(value) && Object.values(value).every(isModelPrice);
    default:
      return value === null ? type.null !== undefined : isWithin(type, value);
  }
}

/** What a value of the type is, for a sentence: `a whole number of tokens from 1 to 1000`. */
export function describeType(type: ValueType): string {
  switch (type.type) {
    case "choice":
      return `one of ${type.values.join(", ")}`;
    case "timezone":
      return "an IANA time zone, such as Europe/Berlin or UTC";
    case "time":
      return "a local time from 00:00 to 23:59";
    case "limit_names":
      return "a list of names of this configuration's limits";
    case "prices":
      return `an object from models to {${REQUIRED_PRICES.join(", ")}, ${OPTIONAL_PRICES.join("?, ")}?}, each ${describeNumber(PRICE)}`;
    default:
      return describeNumber(type);
  }
}

function isWithin({ type, minimum, exclusiveMinimum, maximum = Number.MAX_SAFE_INTEGER }: NumberType, value: unknown) {
  if (typeof value !== "number" || (type === "integer" && !Number.isSafeInteger(value))) return false;
  const isAbove = exclusiveMinimum === undefined ? value >= (minimum ?? 0) : value > exclusiveMinimum;
  return isAbove && value <= maximum;
}

function describeNumber(type: NumberType): string {
  const { minimum = 0, exclusiveMinimum, maximum } = type;
  const noun = `${type.type === "integer" ? "a whole number" : "a number"}${type.unit ? ` of ${type.unit}` : ""}`;
  const isOpen = exclusiveMinimum !== undefined;
  const from = isOpen ? `above ${exclusiveMinimum}` : `from ${minimum}`;
  const to = maximum === undefined ? "" : `${isOpen ? ", up" : ""} to ${maximum}`;
  return `${noun} ${from}${to}${type.null === undefined ? "" : `, or null for ${type.null}`}`;
}

function isModelPrice(price: unknown): boolean {
  if (!isObject(price)) return false;
  const known: readonly string[] = [...REQUIRED_PRICES, ...OPTIONAL_PRICES];
  const isValid = ([field, usd]: [string, unknown]) => known.includes(field) && isWithin(PRICE, usd);
  return REQUIRED_PRICES.every((field) => Object.hasOwn(price, field)) && Object.entries(price).every(isValid);
}

function isWithoutRepeats(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
