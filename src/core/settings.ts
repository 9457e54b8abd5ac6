import { isTimezone, WEEKDAYS } from "./calendar.ts";

/** What a configuration's key accepts, and the sentence that says so. */
export interface Rule {
  readonly accepts: (value: unknown) => boolean;
  readonly takes: string;
}

/** The largest duration that a configuration can name, in seconds. */
export const MAX_SECONDS = 1e11;

/** The longest that a reservation holds at a time, in seconds. */
export const MAX_TTL_SECONDS = 86_400;
/** How long a reservation can be kept by extending it, in seconds since it was made. */
export const MAX_AGE_SECONDS = 7 * 86_400;
const MAX_RETENTION_DAYS = 3660;

/** The most that one event can report, whatever is configured. */
export const MAX_EVENT_TOKENS = 1_000_000_000_000;
export const MAX_EVENT_COST_USD = 1_000_000;

export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const isWithin = (value: unknown, max: number): value is number =>
  typeof value === "number" && value >= 0 && value <= max;

const isText = (value: unknown): value is string => typeof value === "string";

const oneOf = (...allowed: readonly string[]): Rule => ({
  accepts: (value) => isText(value) && allowed.includes(value),
  takes: `one of ${allowed.join(", ")}`,
});

/** A price per million tokens, in USD. */
const PRICES = ["input_usd", "output_usd", "cache_read_usd", "cache_write_usd"];
const MAX_PRICE_USD = 1_000_000;

function isPriceList(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (price) =>
      typeof price === "object" &&
      price !== null &&
      Object.entries(price).every(([key, usd]) => PRICES.includes(key) && isWithin(usd, MAX_PRICE_USD)) &&
      "input_usd" in price &&
      "output_usd" in price,
  );
}

/** The settings that a configuration can have beside its limits. */
export const SETTINGS: Readonly<Record<string, Rule>> = {
  max_event_tokens: {
    accepts: (value) => isWhole(value) && value >= 1 && value <= MAX_EVENT_TOKENS,
    takes: `a whole number of tokens from 1 to ${MAX_EVENT_TOKENS}`,
  },
  max_event_cost_usd: {
    accepts: (value) => isWithin(value, MAX_EVENT_COST_USD) && value > 0,
    takes: `a number of USD above 0, up to ${MAX_EVENT_COST_USD}`,
  },
  soft_warning_at: { accepts: (value) => isWithin(value, 1), takes: "a number from 0 to 1" },
  timezone: {
    accepts: (value) => isText(value) && isTimezone(value),
    takes: "an IANA time zone, such as Europe/Berlin or UTC",
  },
  day_starts_at: {
    accepts: (value) => isText(value) && /^([01]\d|2[0-3]):[0-5]\d$/.test(value),
    takes: "a local time from 00:00 to 23:59",
  },
  week_starts_on: oneOf(...WEEKDAYS),
  month_starts_on: {
    accepts: (value) => isWhole(value) && value >= 1 && value <= 28,
    takes: "a day of the month from 1 to 28",
  },
  enforcement: oneOf("enforce", "shadow"),
  shadow_limits: {
    accepts: (value) => Array.isArray(value) && value.every(isText) && new Set(value).size === value.length,
    takes: "a list of names of this configuration's limits",
  },
  max_users: {
    accepts: (value) => value === null || (isWhole(value) && value > 0),
    takes: "a whole number from 1, or null for no bound",
  },
  user_idle_ttl_seconds: {
    accepts: (value) => value === null || (isWithin(value, MAX_SECONDS) && value > 0),
    takes: "a number of seconds above 0, or null for never",
  },
  reservation_ttl_seconds: {
    accepts: (value) => isWithin(value, MAX_TTL_SECONDS) && value >= 1,
    takes: `a number of seconds from 1 to ${MAX_TTL_SECONDS}`,
  },
  max_reserved_share: {
    accepts: (value) => isWithin(value, 1) && value > 0,
    takes: "a number above 0, up to 1",
  },
  ledger_retention_days: {
    accepts: (value) => isWhole(value) && value >= 1 && value <= MAX_RETENTION_DAYS,
    takes: `a whole number of days from 1 to ${MAX_RETENTION_DAYS}`,
  },
  prices: {
    accepts: isPriceList,
    takes: `an object from models to {input_usd, output_usd, cache_read_usd?, cache_write_usd?}, each USD per million tokens from 0 to ${MAX_PRICE_USD}`,
  },
};
