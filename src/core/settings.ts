/** The settings of a configuration. Their types, checks, defaults, JSON Schema and documentation follow from this table. */
import { WEEKDAYS } from "./calendar.ts";
import type { ChoiceType, ModelPrice, NumberType, ValueType } from "./values.ts";

/** The largest duration that a configuration accepts, in seconds. */
export const MAX_SECONDS = 1e11;
/** The longest time to live of a reservation, in seconds. */
export const MAX_TTL_SECONDS = 86_400;
/** The most that one event can report, whatever the configuration says. */
export const MAX_EVENT_TOKENS = 1_000_000_000_000;
export const MAX_EVENT_COST_USD = 1_000_000;

/** What a setting takes, means, and is if it is absent. */
export type Setting = ValueType & {
  readonly default: unknown;
  /** The default of a `StandardBudget`, if it differs. */
  readonly defaultInProcess?: unknown;
  readonly description: string;
};

export const SETTINGS = {
  soft_warning_at: {
    type: "number",
    minimum: 0,
    maximum: 1,
    default: 0.8,
    description: "The share of a maximum from which a decision is `warn`.",
  },
  timezone: {
    type: "timezone",
    default: "UTC",
    description: "The time zone of calendar windows.",
  },
  day_starts_at: {
    type: "time",
    default: "00:00",
    description: "The local time at which a day, and with it a week and a month, begins.",
  },
  week_starts_on: {
    type: "choice",
    values: WEEKDAYS,
    default: "monday",
    description: "The first day of a week.",
  },
  month_starts_on: {
    type: "integer",
    minimum: 1,
    maximum: 28,
    default: 1,
    description: "The billing day: the day of the month on which a month begins.",
  },
  enforcement: {
    type: "choice",
    values: ["enforce", "shadow"],
    default: "enforce",
    description: "With `shadow` no limit blocks, and decisions say which one would have.",
  },
  shadow_limits: {
    type: "limit_names",
    default: [] as readonly string[],
    description: "Limits that do not block; decisions say which one would have.",
  },
  prices: {
    type: "prices",
    default: {} as Readonly<Record<string, ModelPrice>>,
    description: "Prices of models, which take precedence over those of the catalogue.",
  },
  max_event_tokens: {
    type: "integer",
    unit: "tokens",
    minimum: 1,
    maximum: MAX_EVENT_TOKENS,
    default: 100_000_000,
    description:
      "The most tokens of one event, or of one reservation with its extensions; more is refused as an error.",
  },
  max_event_cost_usd: {
    type: "number",
    unit: "USD",
    exclusiveMinimum: 0,
    maximum: MAX_EVENT_COST_USD,
    default: 10_000,
    description:
      "The highest cost of one event, or of one reservation with its extensions; more is refused as an error.",
  },
  reservation_ttl_seconds: {
    type: "number",
    unit: "seconds",
    minimum: 1,
    maximum: MAX_TTL_SECONDS,
    default: 60,
    description: "The time to live of a reservation that sets none.",
  },
  max_reserved_share: {
    type: "number",
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.5,
    description:
      "The share of what others leave of a limit that the open reservations of one bound caller can take up.",
  },
  ledger_retention_days: {
    type: "integer",
    unit: "days",
    minimum: 1,
    maximum: 3660,
    default: 35,
    description: "How long ledger entries and settled reservations are kept.",
  },
  max_users: {
    type: "integer",
    minimum: 1,
    null: "no bound",
    default: 100_000,
    description:
      "How many buckets a scope can have. Beyond that, new subjects share the scope's overflow bucket if a limit counts for the scope; if none does, the least recently touched bucket is evicted.",
  },
  user_idle_ttl_seconds: {
    type: "number",
    unit: "seconds",
    exclusiveMinimum: 0,
    maximum: MAX_SECONDS,
    null: "never",
    default: null,
    defaultInProcess: 86_400,
    description: "The time without a touch after which a bucket is evicted.",
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof SETTINGS;

type ValueOf<S extends Setting> =
  | (S extends NumberType
      ? number
      : S extends ChoiceType
        ? S["values"][number]
        : S extends { readonly type: "limit_names" | "prices" }
          ? S["default"]
          : string)
  | (S extends { readonly null: string } ? null : never);

type CompleteSettings = { readonly [N in SettingName]: ValueOf<(typeof SETTINGS)[N]> };

/** Settings as a configuration has them. */
export type Settings = { [N in SettingName]?: CompleteSettings[N] | undefined };

/** Every setting of a configuration: its own, else the default. */
export function settingsOf(config: Settings): CompleteSettings {
  const names = Object.keys(SETTINGS) as SettingName[];
  const settings = names.map((name) => [name, config[name] === undefined ? SETTINGS[name].default : config[name]]);
  return Object.fromEntries(settings) as CompleteSettings;
}
