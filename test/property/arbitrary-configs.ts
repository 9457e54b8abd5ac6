/** Configurations, patches of them and overrides, with limits that a few steps reach. */
import fc from "fast-check";
import type { BudgetConfig } from "../../src/core/index.ts";
import { merged, record } from "./records.ts";

export const maximum = (...maxima: number[]) => fc.constantFrom(null, ...maxima);
const tokenMaximum = maximum(15, 60, 150, 400);
const costMaximum = maximum(0.25, 1.2, 3);
const limits = {
  max_tokens: maximum(20, 100, 500),
  max_input_tokens: maximum(30, 80),
  max_output_tokens: maximum(30, 80),
  max_cost_usd: costMaximum,
  max_calls: maximum(3, 12, 30),
  max_concurrent_calls: maximum(2, 4),
  max_tokens_per_minute: tokenMaximum,
  max_cost_usd_per_1m: costMaximum,
  per_user_max_tokens: tokenMaximum,
  per_user_max_wall_clock: maximum(30, 120),
  per_user_max_cost_usd_per_minute: costMaximum,
  per_user_max_calls_per_1m: maximum(3, 6),
  per_team_max_tokens: tokenMaximum,
  per_team_max_output_tokens_per_1m: maximum(10, 30),
  per_team_max_concurrent_calls: maximum(1, 2),
  per_user_and_team_max_calls: maximum(2, 6),
  per_user_and_team_max_input_tokens_per_minute: maximum(5, 20),
};
const settings = {
  soft_warning_at: fc.constantFrom(0.5, 1),
  reservation_ttl_seconds: fc.constantFrom(2, 30),
  enforcement: fc.constantFrom("enforce", "enforce", "shadow"),
  max_users: fc.constantFrom(1, 2),
};

/** A few of these fields, so that limits are reached, but not all at once. */
export const few = (fields: Record<string, fc.Arbitrary<unknown>>, most: number) =>
  fc
    .subarray(Object.keys(fields), { minLength: 1, maxLength: most })
    .chain((names) => record(Object.fromEntries(names.map((name) => [name, fields[name] as fc.Arbitrary<unknown>]))))
    .map((config) => config as BudgetConfig);

/** Limits that no case reaches, so that answers show what they count. */
const WIDE = { max_tokens_per_1m: 1000, per_user_max_calls_per_minute: 100, per_team_max_cost_usd: 100 };
export const configs = fc
  .tuple(fc.option(fc.constant(WIDE), { freq: 3 }), few({ ...limits, ...settings }, 6))
  .map(merged<BudgetConfig>);

export const patches = few(
  {
    ...limits,
    ...settings,
    max_users: maximum(1, 2),
    max_tokens: maximum(-1, 0, 10, 100),
    per_user_max_cost_usd: maximum(0, 0.1),
  },
  2,
);
/** Only limits with windows, so that windows are added and removed between charges and their corrections. */
export const windowPatches = few(
  Object.fromEntries(Object.entries(limits).filter(([name]) => /_per_(minute|1m)$/.test(name))),
  2,
);

export const maxima = few(
  {
    max_tokens: tokenMaximum,
    max_cost_usd: costMaximum,
    max_calls_per_1m: maximum(1, 4),
    max_output_tokens_per_minute: maximum(10, 50),
    max_concurrent_calls: maximum(0, 1, 2),
  },
  2,
);
