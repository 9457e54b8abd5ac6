/** Configurations and streams of steps for the budget that adds up every event. */
import fc from "fast-check";
import { type BudgetConfig, type Consumption, METRICS, type StepRequest } from "../../src/core/index.ts";

export const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "America/Havana",
  "Africa/Cairo",
  "Pacific/Apia",
];

/** Times near changes of the calendar: of the clock, to and from leap days, of months and years. */
const EDGES = [
  "2026-03-29T01:00:00Z",
  "2026-10-25T01:00:00Z",
  "2026-03-08T07:00:00Z",
  "2026-11-01T05:00:00Z",
  "2026-04-04T15:00:00Z",
  "2026-10-03T15:30:00Z",
  "2026-04-23T22:00:00Z",
  "2028-02-28T23:59:00Z",
  "2028-02-29T23:59:00Z",
  "2026-12-31T23:59:30Z",
  "2026-01-31T12:00:00Z",
].map((time) => Date.parse(time));

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A time near one of the edges, or within three days of it. */
export const instants = fc
  .tuple(
    fc.constantFrom(...EDGES),
    fc.oneof(fc.integer({ min: -1, max: 1 }), fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS })),
  )
  .map(([edge, offset]) => edge + offset);

export const calendars = fc.record({
  timezone: fc.constantFrom(...ZONES),
  dayStartsAt: fc.constantFrom("00:00", "02:30", "06:00", "23:45"),
  weekStartsOn: fc.constantFrom("monday", "sunday", "thursday" as const),
  monthStartsOn: fc.constantFrom(1, 15, 28),
});

const UNWINDOWED: readonly string[] = ["wall_clock", "concurrent_calls"];
const scopes = ["", "per_user_", "per_model_", "per_team_", "per_user_and_model_", "per_model_and_team_"];
const windows = ["minute", "hour", "day", "week", "month", "1m", "15m", "60m", "5h", "24h", "30d"];

const limits = fc
  .tuple(fc.constantFrom(...scopes), fc.constantFrom(...METRICS), fc.option(fc.constantFrom(...windows)))
  .chain(([scope, metric, window]) => {
    const name = `${scope}max_${metric}${window === null || UNWINDOWED.includes(metric) ? "" : `_per_${window}`}`;
    const maxima = { cost_usd: [0, 0.5, 1, 2.25], calls: [0, 1, 2, 5], wall_clock: [0, 30, 3600, 100_000] };
    const tokens = [0, 1, 10, 40, 200];
    return fc
      .constantFrom(...(metric in maxima ? maxima[metric as keyof typeof maxima] : tokens))
      .map((max) => [name, max] as const);
  });

/** A configuration of a few limits that short streams reach. */
export const configs: fc.Arbitrary<BudgetConfig> = fc
  .record({
    limits: fc.uniqueArray(limits, { minLength: 1, maxLength: 5, selector: ([name]) => name }),
    calendar: calendars,
    soft: fc.constantFrom(0, 0.25, 0.5, 0.8, 1),
    shadow: fc.constantFrom("none", "one", "all"),
    max_users: fc.constantFrom(1, 2, 3, null),
    idle: fc.constantFrom(null, 30, 3600, 100_000),
  })
  .map(({ limits, calendar, soft, shadow, max_users, idle }) => ({
    ...Object.fromEntries(limits),
    soft_warning_at: soft,
    timezone: calendar.timezone,
    day_starts_at: calendar.dayStartsAt,
    week_starts_on: calendar.weekStartsOn,
    month_starts_on: calendar.monthStartsOn,
    ...(shadow === "one" && { shadow_limits: [limits[0]?.[0] ?? ""] }),
    ...(shadow === "all" && { enforcement: "shadow" as const }),
    max_users,
    user_idle_ttl_seconds: idle,
  }));

/** One call of a stream, and the time since the one before it. */
export type Call = { readonly afterMs: number } & (
  | { readonly op: "allows"; readonly step: StepRequest }
  | { readonly op: "consume"; readonly step: Consumption }
  | { readonly op: "usage"; readonly userId: string | null }
);

const delays = fc.oneof(
  fc.constantFrom(0, 0, 1, 999, 1000, 30_000, MINUTE_MS),
  fc.integer({ min: 0, max: 90 * MINUTE_MS }),
  fc.integer({ min: 0, max: 9 * DAY_MS }),
);
const users = fc.constantFrom("alice", "bob", null);
const steps = fc.record({
  user_id: users,
  labels: fc.record(
    { model: fc.constantFrom("m", "n"), team: fc.constantFrom("r", "s") },
    { requiredKeys: [], noNullPrototype: true },
  ),
});

export const streams: fc.Arbitrary<readonly Call[]> = fc.array(
  fc.oneof(
    fc.record({ op: fc.constant("allows" as const), afterMs: delays, step: steps }),
    fc
      .tuple(
        delays,
        steps,
        fc.record({
          tokens_in: fc.constantFrom(0, 1, 5, 20),
          tokens_out: fc.constantFrom(0, 3, 10),
          cost_usd: fc.constantFrom(0, 0.125, 0.5),
        }),
      )
      .map(([afterMs, who, spent]) => ({ op: "consume" as const, afterMs, step: { ...who, ...spent } })),
    fc.record({ op: fc.constant("usage" as const), afterMs: delays, userId: users }),
  ),
  { minLength: 1, maxLength: 24 },
);
