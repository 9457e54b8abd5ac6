import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BudgetConfig,
  compilePolicy,
  configIssues,
  METRICS,
  parseLimitName,
  printLimitName,
} from "../../src/core/index.ts";

describe("a limit's name", () => {
  test("says whose spending, and of what", () => {
    expect(parseLimitName("max_tokens")).toEqual({ scope: "tenant", metric: "tokens" });
    expect(parseLimitName("per_user_max_cost_usd")).toEqual({ scope: "user", metric: "cost_usd" });
  });

  test("is printed as it was read", () => {
    const names = fc.record({ scope: fc.constantFrom("tenant", "user"), metric: fc.constantFrom(...METRICS) });
    fc.assert(
      fc.property(names, (name) => {
        expect(parseLimitName(printLimitName(name))).toEqual(name);
      }),
    );
  });

  test.each([
    ["tokens", "is neither a setting nor a limit"],
    ["max_", "is neither a setting nor a limit"],
    ["max_tokenz", 'has an unknown metric "tokenz"; a limit counts tokens, input_tokens'],
    ["per_planet_max_tokens", 'has an unknown scope "planet"'],
    ["per_tenant_max_tokens", "needs no per_tenant_"],
    ["per_User_max_tokens", "is neither a setting nor a limit"],
    ["__proto__", "is neither a setting nor a limit"],
  ])("%s is refused", (name, why) => {
    expect(parseLimitName(name)).toContain(why);
  });
});

describe("a configuration", () => {
  test("is put in the order of decisions, in inner units", () => {
    const { limits } = compilePolicy({
      per_user_max_tokens: 7,
      max_calls: 3,
      max_wall_clock: 1.5,
      max_cost_usd: 0.000000001,
      max_input_tokens: 0,
      max_output_tokens: null,
    });
    expect(limits.map(({ name, max }) => [name, max])).toEqual([
      ["max_input_tokens", 0],
      ["max_cost_usd", 1],
      ["max_wall_clock", 1500],
      ["max_calls", 3],
      ["per_user_max_tokens", 7],
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
    ["user_idle_ttl_seconds", 0, "takes a number of seconds above 0"],
  ])("%s: %s is refused", (key, value, why) => {
    expect(configIssues({ [key]: value })).toEqual([{ key, detail: expect.stringContaining(why) }]);
    expect(() => compilePolicy({ [key]: value } as BudgetConfig)).toThrow(`${key} ${why}`);
  });
});
