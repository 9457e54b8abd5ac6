/** Prices in a configuration take precedence over the catalogue's. */
import { expect, test } from "vitest";
import { priced } from "./call.ts";

const MILLION_IN = { inputTokens: 1_000_000 };
const price = (input_usd: number) => ({ input_usd, output_usd: 6 });

test.each([
  ["gpt-4o-2024-08-06", undefined],
  ["GPT-4o", undefined],
  ["openai:gpt-4o", undefined],
  ["gpt-4o", "openai-responses"],
  ["gpt-4o-20240806", "azure"],
  ["azure/gpt-4o", undefined],
])("a price under a model's name applies to %s at %s", (model, provider) => {
  const prices = { "gpt-4o": price(1.5) };
  expect(priced({ model, ...(provider !== undefined && { provider }), prices, ...MILLION_IN })).toEqual({
    usd: 1.5,
    source: "config",
  });
});

test.each([
  ["gpt-4o-2024-05-13", 5, "openai/gpt-4o-2024-05-13"],
  ["gpt-4o-mini", 0.15, "openai/gpt-4o-mini"],
])("and not to %s, which is another model", (model, usd, source) => {
  expect(priced({ model, prices: { "gpt-4o": price(1.5) }, ...MILLION_IN })).toEqual({ usd, source });
});

test("the call's own spelling takes precedence, then that of its provider", () => {
  const prices = { "gpt-4o": price(1), "azure/gpt-4o": price(2), "gpt-4o-2024-08-06": price(3) };
  const cost = (model: string, provider: string) => priced({ model, provider, prices, ...MILLION_IN })?.usd;
  expect(cost("gpt-4o-2024-08-06", "azure")).toBe(3);
  expect(cost("gpt-4o-2024-11-20", "azure")).toBe(2);
  expect(cost("gpt-4o-2024-11-20", "openai")).toBe(1);
});

test("a price under a provider's name is not another provider's", () => {
  const prices = { "azure/gpt-4o": price(2) };
  expect(priced({ model: "gpt-4o", prices, ...MILLION_IN })?.source).toBe("openai/gpt-4o");
});

test.each([
  ["My-Deployment ", undefined],
  ["azure/my-deployment", undefined],
])("a model that the catalogue does not know has one price as %j", (model) => {
  expect(priced({ model, prices: { "my-deployment": price(4) }, ...MILLION_IN })?.usd).toBe(4);
  expect(priced({ model: "my-deployment-2", prices: { "my-deployment": price(4) }, ...MILLION_IN })).toBeUndefined();
});

test("a changed configuration is another object, with its own prices", () => {
  const cost = (usd: number) => priced({ model: "GPT-4o", prices: { "gpt-4o": price(usd) }, ...MILLION_IN })?.usd;
  expect([cost(1), cost(2)]).toEqual([1, 2]);
});

test("a configured price of 0 is free", () => {
  expect(priced({ model: "GPT-4o", prices: { "gpt-4o": price(0) }, ...MILLION_IN })?.usd).toBe(0);
});
