/** Prices calls by the configuration of a tenant, or by the catalogue of genai-prices. */
import type { ModelPrice, Price, PriceQuestion, Pricer, Rates, Usage } from "../core/index.ts";
import { cataloguePriceOf } from "./catalogue-price.ts";
import { closestModel } from "./closest-model.ts";
import { ownPriceOf } from "./own-prices.ts";
import { resolveModel } from "./resolve-model.ts";

/** Returns undefined if neither the configuration nor the catalogue has a price for what the model used. */
export const priceCall: Pricer = Object.assign(priceOf, {
  // Not one of the tenant's own: the caller may not be allowed to read the configuration.
  closest: closestModel,
});

function priceOf({ model, provider, usage, prices, nowMs }: PriceQuestion): Price | undefined {
  const own = ownPriceOf(prices, model, provider);
  if (own) return { costNanoUsd: costOf(usage, own), source: "config", rates: { ...own } as Rates };
  const resolved = resolveModel(model, provider);
  return resolved && cataloguePriceOf(resolved, usage, nowMs);
}

/** USD per million tokens is a thousand nano-USD per token. */
const NANO_PER_TOKEN = 1000;

function costOf(usage: Usage, price: ModelPrice): number {
  const { input_usd, output_usd, cache_read_usd = input_usd, cache_write_usd = input_usd } = price;
  const uncached = usage.inputTokens - usage.cacheReadInputTokens - usage.cacheWriteInputTokens;
  const perMillion =
    uncached * input_usd +
    usage.cacheReadInputTokens * cache_read_usd +
    usage.cacheWriteInputTokens * cache_write_usd +
    usage.outputTokens * output_usd;
  return Math.round(perMillion * NANO_PER_TOKEN);
}
