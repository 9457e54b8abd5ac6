/** The JSON Schema of a configuration accepts the names that the parser accepts. */
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { METRICS, parseLimitName, SETTINGS } from "../../src/core/index.ts";
import { CONFIG_JSON_SCHEMA, MAXIMA_JSON_SCHEMA } from "../../src/wire/config-json-schema.ts";

const ajv = new Ajv2020({ strict: false });
const acceptsConfig = ajv.compile(CONFIG_JSON_SCHEMA);
const acceptsMaxima = ajv.compile(MAXIMA_JSON_SCHEMA);

/** The one rule that the schema's regular expressions leave out: a scope names each of its parts once. */
const namesAPartTwice = (name: string) => {
  const parts = (/^per_(.+)_max_/.exec(name)?.[1] ?? "").split("_and_");
  return new Set(parts).size < parts.length;
};

const word = fc.oneof(
  fc.constantFrom("user", "tenant", "and", "max", "per", "", "a", "team", "x_", "tokens", "day", "User", "7"),
  fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/),
  fc.integer({ min: 62, max: 66 }).map((length) => "l".repeat(length)),
);
const label = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join("_"));
const scope = fc.array(fc.oneof(word, word, label), { minLength: 1, maxLength: 5 }).map((parts) => parts.join("_and_"));
const count = fc.oneof(
  fc.integer({ min: 0, max: 600_000 }),
  fc.constantFrom(365, 366, 367, 8783, 8784, 8785, 527_039, 527_040, 527_041),
);
const window = fc.oneof(
  fc.constantFrom("minute", "hour", "day", "week", "month", "year", "Day", "", "01m", "1.5h", "+1d", "1 d"),
  fc.tuple(count, fc.constantFrom("m", "h", "d", "s", "")).map((parts) => parts.join("")),
);
const metric = fc.constantFrom(...METRICS, "tokenz", "max_tokens", "");
const name = fc
  .tuple(fc.option(scope), metric, fc.option(window))
  .map(
    ([whose, what, over]) =>
      `${whose === null ? "" : `per_${whose}_`}max_${what}${over === null ? "" : `_per_${over}`}`,
  )
  .filter((each) => !Object.hasOwn(SETTINGS, each));

test("the schema of a configuration accepts a limit's name if and only if the parser does", () => {
  fc.assert(
    fc.property(name, (key) => {
      fc.pre(!namesAPartTwice(key));
      expect([key, acceptsConfig({ [key]: 1 })]).toEqual([key, typeof parseLimitName(key) !== "string"]);
    }),
    { numRuns: 5000 },
  );
});

test("the schema of a bucket's own maxima accepts the same names without a scope", () => {
  fc.assert(
    fc.property(name, (key) => {
      const isOwn = !key.startsWith("per_") && typeof parseLimitName(key) !== "string";
      expect([key, acceptsMaxima({ [key]: 1 })]).toEqual([key, isOwn]);
    }),
  );
});

test.each([
  ["max_concurrent_calls_per_day", false],
  ["per_tenant_max_tokens", false],
  ["per_tenant_and_user_max_tokens", false],
  ["max_tokens_per_999999d", false],
  ["max_tokens_per_366d", true],
  ["max_tokens_per_367d", false],
  ["max_tokens_per_527040m", true],
  ["max_tokens_per_527041m", false],
  ["per_tenant_max_b_max_calls", true],
  ["per_tenants_max_calls", true],
  ["per_user_and_model_and_team_and_run_max_calls_per_5h", true],
  ["per_and_max_calls", false],
  ["per_x_and_max_calls", false],
])("the schema of a configuration, asked for %s: %s", (key, isAccepted) => {
  expect(acceptsConfig({ [key]: 1 })).toBe(isAccepted);
});

test("the schema leaves it to the parser that a scope names each part once", () => {
  expect(acceptsConfig({ per_user_and_user_max_calls: 1 })).toBe(true);
  expect(parseLimitName("per_user_and_user_max_calls")).toContain("has an unknown scope");
});
