/** Corrections of wrong catalogue prices. If a test of the wrong price fails, drop the correction. */
import { calcPrice } from "@pydantic/genai-prices";
import { describe, expect, test } from "vitest";
import { priced } from "./call.ts";

describe("OpenAI's price of long prompts begins above 272,000 tokens", () => {
  const CASES = [
    ["gpt-5.6-sol", 2.206, 1.108],
    ["gpt-6-astra", 5.515, 2.77],
    ["gpt-5.4", 1.3825, 0.695],
  ] as const;

  test.each(CASES)("the catalogue has %s wrong", (model, wrong) => {
    const timestamp = new Date("2026-11-25T12:00:00Z");
    const price = calcPrice({ input_tokens: 272_000, output_tokens: 1000 }, model, { providerId: "openai", timestamp });
    expect(price?.total_price).toBeCloseTo(wrong, 9);
  });

  test.each(CASES)("%s", (model, _, right) => {
    expect(priced({ model, inputTokens: 272_000, outputTokens: 1000 })?.usd).toBe(right);
    expect(priced({ model, inputTokens: 272_001, outputTokens: 1000 })?.usd).toBeGreaterThan(right * 1.9);
  });
});

describe("the second Titan text embedding costs 0.02 USD per million tokens", () => {
  const model = "amazon.titan-embed-text-v2:0";

  test("the catalogue has it wrong", () => {
    expect(calcPrice({ input_tokens: 1_000_000 }, model, { providerId: "aws" })?.total_price).toBe(0.1);
  });

  test("at Bedrock, with and without a region", () => {
    for (const each of [model, `us.${model}`, `bedrock/${model}`]) {
      expect(priced({ model: each, provider: "bedrock", inputTokens: 1_000_000 })?.usd).toBe(0.02);
    }
    expect(priced({ model: "amazon.titan-embed-text-v1", inputTokens: 1_000_000 })?.usd).toBe(0.1);
  });
});

describe("DeepSeek's peak hours are on weekdays", () => {
  const TOKENS = { inputTokens: 1_000_000, outputTokens: 1_000_000 };
  const cost = (model: string, at: string) => priced({ model, at, ...TOKENS })?.usd;

  test("the catalogue has them on Saturdays, and before they were introduced", () => {
    const catalogued = (at: string) =>
      calcPrice({ input_tokens: 1_000_000, output_tokens: 1_000_000 }, "deepseek-v4-pro", { timestamp: new Date(at) });
    expect(catalogued("2026-11-28T02:00:00Z")?.total_price).toBeCloseTo(5.28, 9);
    expect(catalogued("2026-08-12T02:00:00Z")?.total_price).toBeCloseTo(5.28, 9);
  });

  test.each([
    ["a Friday, before", "2026-11-27T00:59:59Z", 2.64],
    ["a Friday, in peak hours", "2026-11-27T02:00:00Z", 5.28],
    ["a Friday, between", "2026-11-27T05:00:00Z", 2.64],
    ["a Friday, in peak hours of the afternoon", "2026-11-27T09:59:59Z", 5.28],
    ["a Saturday", "2026-11-28T02:00:00Z", 2.64],
    ["a Sunday", "2026-11-29T09:00:00Z", 2.64],
    ["a Monday", "2026-11-30T01:00:00Z", 5.28],
    ["the last Saturday with peak hours", "2026-08-22T02:00:00Z", 5.28],
    ["the first Sunday without", "2026-08-23T02:00:00Z", 2.64],
    ["a day before peak hours were introduced", "2026-08-12T02:00:00Z", 1.305],
  ])("%s", (_, at, usd) => {
    expect(cost("deepseek-v4-pro", at)).toBe(usd);
    expect(cost("deepseek-v4-flash", at)).toBeLessThan(usd);
  });
});
