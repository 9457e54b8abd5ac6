/** Which calls have a price, which are free, and which have neither. */
import { expect, test } from "vitest";
import { estimateOf } from "../../src/core/estimate.ts";
import { priceCall } from "../../src/pricing/index.ts";
import { priced } from "./call.ts";

test.each([
  ["whisper-1", undefined],
  ["gpt-transcribe", undefined],
  ["mistral-ocr-latest", undefined],
  ["voxtral-mini-2602", undefined],
  ["gemma-3-27b-it", "vertex_ai"],
  ["gemma-3", "google"],
  ["gpt-4o", "github-copilot"],
])("%s at %s has no rate for tokens, and is not free", (model, provider) => {
  const call = { model, ...(provider !== undefined && { provider }) };
  expect(priced({ ...call, inputTokens: 1_000_000_000 })).toBeUndefined();
  expect(priced(call)).toBeUndefined();
});

test("a price of inputs is none of outputs", () => {
  const model = "text-embedding-3-small";
  expect(priced({ model, inputTokens: 1_000_000 })?.usd).toBe(0.02);
  expect(priced({ model, inputTokens: 1_000_000, outputTokens: 1 })).toBeUndefined();
});

test("an estimate for a model without outputs is one of inputs", () => {
  const model = "text-embedding-3-small";
  const estimated = (estimate: object) => estimateOf({ model, ...estimate }, {}, priceCall, 0);
  const onlyInput = estimated({ tokens: 1_000_000 });
  expect([onlyInput.amounts.costNanoUsd, onlyInput.isUnpriced()]).toEqual([20_000_000, false]);
  expect(estimated({ tokens: 1_000_000, output_tokens: 1 }).isUnpriced()).toBe(true);
});

test.each([
  ["deepseek/deepseek-r1:free", "openrouter/deepseek/deepseek-r1:free"],
  ["omni-moderation-latest", "openai/moderation"],
])("%s is free, since the catalogue says so", (model, source) => {
  expect(priced({ model, inputTokens: 1_000_000, outputTokens: 1_000_000 })).toEqual({ usd: 0, source });
});

test("cached inputs cost the input's rate if they have none, reasoning its own if it has one", () => {
  expect(priced({ model: "gpt-4", inputTokens: 1_000_000, cacheReadInputTokens: 1_000_000 })?.usd).toBe(30);
  const deep = {
    model: "sonar-deep-research",
    inputTokens: 1000,
    outputTokens: 100_000,
    reasoningOutputTokens: 90_000,
  };
  expect(priced(deep)?.usd).toBe(0.352);
});

test.each(["claude-opus-4-10", "claude-sonnet-5-99", "my-gemini-1.5-pro-clone", "gemini-2.5-pro-ultra"])(
  "%s is not priced as a similar model",
  (model) => {
    expect(priced({ model, inputTokens: 1000 })).toBeUndefined();
  },
);
