/** Which names and configurations parse, and the order of decisions. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BudgetConfig,
  compilePolicy,
  configIssues,
  isLabelName,
  METRICS,
  parseLimitName,
  printLimitName,
} from "../../src/core/index.ts";
import { cases } from "../cases.ts";

describe("a limit's name", () => {
  test.each([
    ["max_tokens", { scope: "tenant", metric: "tokens", window: { kind: "lifetime" } }],
    ["per_user_max_cost_usd", { scope: "user", metric: "cost_usd", window: { kind: "lifetime" } }],
    ["max_cost_usd_per_month", { scope: "tenant", metric: "cost_usd", window: { kind: "calendar", id: "month" } }],
    [
      "per_user_max_tokens_per_5h",
      { scope: "user", metric: "tokens", window: { kind: "rolling", id: "5h", lengthMs: 18_000_000 } },
    ],
    ["per_a_max_b_max_calls", { scope: "a_max_b", metric: "calls", window: { kind: "lifetime" } }],
    [
      "per_user_and_model_max_cost_usd_per_day",
      { scope: "user_and_model", metric: "cost_usd", window: { kind: "calendar", id: "day" } },
    ],
    ["per_team_and_model_and_user_max_calls", expect.objectContaining({ scope: "user_and_model_and_team" })],
    ["max_tokens_per_366d", expect.objectContaining({ window: expect.objectContaining({ id: "366d" }) })],
  ])("%s names a scope, a metric and a window", (name, parts) => {
    expect(parseLimitName(name)).toEqual(parts);
  });

  test("is printed as it was parsed", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/).filter(isLabelName);
    const scope = fc.oneof(
      fc.constantFrom("tenant", "user"),
      fc
        .uniqueArray(fc.oneof(word, fc.constant("user")), { minLength: 1, maxLength: 4 })
        .map((parts) => parts.join("_and_")),
    );
    const window = fc.oneof(
      fc.constantFrom("minute", "hour", "day", "week", "month"),
      fc.tuple(fc.integer({ min: 1, max: 366 }), fc.constantFrom("m", "h", "d")).map((parts) => parts.join("")),
    );
    const metric = fc.constantFrom(...METRICS.filter((each) => each !== "wall_clock" && each !== "concurrent_calls"));
    fc.assert(
      fc.property(scope, metric, fc.option(window), (whose, what, stretch) => {
        const prefix = whose === "tenant" ? "" : `per_${whose}_`;
        const read = parseLimitName(`${prefix}max_${what}${stretch === null ? "" : `_per_${stretch}`}`);
        if (typeof read === "string") throw new Error(read);
        expect(parseLimitName(printLimitName(read))).toEqual(read);
      }),
      { numRuns: cases(100) },
    );
  });

  test.each([
    ["tokens", "is neither a setting nor a limit"],
    ["max_", "is neither a setting nor a limit"],
    ["max_tokenz", 'has an unknown metric "tokenz"; a limit counts tokens, input_tokens'],
    ["per_tenant_max_tokens", "needs no per_tenant_"],
    ["per_User_max_tokens", "is neither a setting nor a limit"],
    ["per_user_and_user_max_tokens", 'has an unknown scope "user_and_user"'],
    ["per_a_and_b_and_c_and_d_and_e_max_tokens", "has an unknown scope"],
    ["per_and_max_tokens", 'has an unknown scope "and"'],
    ["max_tokens_per_fortnight", 'has an unknown window "fortnight"; a window is minute, hour'],
    ["max_tokens_per_0m", 'has an unknown window "0m"'],
    ["max_tokens_per_367d", 'has an unknown window "367d"'],
    ["max_tokens_per_1.5h", 'has an unknown window "1.5h"'],
    ["max_wall_clock_per_day", "takes no window"],
    ["max_concurrent_calls_per_day", "takes no window"],
    ["__proto__", "is neither a setting nor a limit"],
  ])("%s is refused", (name, why) => {
    expect(parseLimitName(name)).toContain(why);
  });
});

describe("a configuration", () => {
  test("is sorted in the order of decisions, in internal units", () => {
    const { limits } = compilePolicy({
      per_user_max_tokens: 7,
      max_calls: 3,
      max_wall_clock: 1.5,
      max_cost_usd: 0.000000001,
      max_input_tokens: 0,
      max_output_tokens: null,
      max_calls_per_minute: 1,
      max_calls_per_24h: 2,
      max_calls_per_day: 2,
      max_calls_per_month: 4,
      per_user_and_model_max_calls: 1,
      per_team_max_calls: 1,
      per_model_max_calls: 1,
      per_model_and_team_max_calls: 1,
    });
    expect(limits.map(({ name, max }) => [name, max])).toEqual([
      ["max_input_tokens", 0],
      ["max_cost_usd", 1],
      ["max_wall_clock", 1500],
      ["max_calls", 3],
      ["max_calls_per_month", 4],
      ["max_calls_per_day", 2],
      ["max_calls_per_24h", 2],
      ["max_calls_per_minute", 1],
      ["per_user_max_tokens", 7],
      ["per_model_max_calls", 1],
      ["per_team_max_calls", 1],
      ["per_model_and_team_max_calls", 1],
      ["per_user_and_model_max_calls", 1],
    ]);
  });

  test.each([
    ["max_tokens", -1, "takes a whole number"],
    ["max_tokens", 1.5, "takes a whole number"],
    ["max_tokens", Number.NaN, "takes a whole number"],
    ["max_tokens", "10", "takes a whole number"],
    ["max_tokens", 2 ** 53, "takes a whole number"],
    ["max_cost_usd", -0.01, "takes a number of USD"],
    ["max_cost_usd", Number.POSITIVE_INFINITY, "takes a number of USD"],
    ["max_wall_clock", "1h", "takes a number of seconds"],
    ["soft_warning_at", 1.01, "takes a number from 0 to 1"],
    ["soft_warning_at", null, "takes a number from 0 to 1"],
    ["max_users", 0, "takes a whole number from 1"],
    ["user_idle_ttl_seconds", 0, "takes a number of seconds above 0, up to 100000000000, or null for never"],
    ["timezone", "Mars/Olympus", "takes an IANA time zone"],
    ["timezone", "+02:00", "takes an IANA time zone"],
    ["timezone", 2, "takes an IANA time zone"],
    ["day_starts_at", "24:00", "takes a local time"],
    ["week_starts_on", "Monday", "takes one of monday, tuesday"],
    ["month_starts_on", 29, "takes a whole number from 1 to 28"],
    ["enforcement", "off", "takes one of enforce, shadow"],
    ["shadow_limits", "max_tokens", "takes a list of names"],
    ["shadow_limits", ["max_tokens"], 'names "max_tokens", which this configuration does not limit'],
    ["prices", { "my-model": { input_usd: -1, output_usd: 1 } }, "takes an object from models"],
    ["prices", { "my-model": { input_usd: 1 } }, "takes an object from models"],
    ["prices", { "my-model": { input_usd: 1, output_usd: 1, outptu_usd: 1 } }, "takes an object from models"],
  ])("%s: %s is refused", (key, value, why) => {
    expect(configIssues({ [key]: value })).toEqual([{ key, detail: expect.stringContaining(why) }]);
    expect(() => compilePolicy({ [key]: value } as BudgetConfig)).toThrow(`${key} ${why}`);
  });

  test("names each limit once", () => {
    expect(configIssues({ per_user_and_model_max_calls: 1, per_model_and_user_max_calls: 2 })).toEqual([
      { key: "per_model_and_user_max_calls", detail: "is the same limit as per_user_and_model_max_calls" },
    ]);
  });
});
