/** An unknown model's error suggests a similar name. */
import { expect, test } from "vitest";
import { unknownModel } from "../../src/core/consumption.ts";
import { closestModel, priceCall, resolveModel } from "../../src/pricing/index.ts";

test.each([
  ["gpt-4o-minii", "gpt-4o-mini"],
  ["GPT4o", "gpt-4o"],
  ["clude-sonnet-4-5", "claude-sonnet-4-5"],
  ["claude-opus-4-10", "claude-opus-4-1"],
  ["openai/gtp-4o", "openai/gpt-4o"],
  ["azure:gpt-4o-min", "azure/gpt-4o-mini"],
  ["llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"],
])("%s is close to %s, which is known", (spelling, closest) => {
  expect(closestModel(spelling)).toBe(closest);
  expect(resolveModel(closest)).toBeDefined();
});

test.each(["no-such-model", "gpt-my-own-thing", "o1000", "azure/my-deployment", "a", "", "x".repeat(10_000)])(
  "nothing is close to %s",
  (spelling) => {
    expect(closestModel(spelling)).toBeUndefined();
  },
);

test("the error of an unknown model suggests it", () => {
  const error = (model: string) => unknownModel({ model }, priceCall).message;
  expect(error("gpt-4o-minii")).toBe(
    'the model "gpt-4o-minii" has no known price: send cost_usd, or set the model\'s price in the configuration. ' +
      'Did you mean "gpt-4o-mini"?',
  );
  expect(error("no-such-model")).toMatch(/in the configuration$/);
});

test("the error does not suggest a name of the configuration, which the caller may not be allowed to read", () => {
  const prices = { "secret-model": { input_usd: 1, output_usd: 1 } };
  const question = { model: "secret-mode", provider: undefined, prices, nowMs: 0 };
  expect(unknownModel(question, priceCall).message).toMatch(/in the configuration$/);
});
