/** Prices calls by the configuration of a tenant, or by the catalogue of genai-prices. */
import { calcPrice } from "@pydantic/genai-prices";
import { type ModelPrice, nanoFromUsd, type Price, type PriceQuestion, type Rates, type Usage } from "../core/index.ts";

/** Returns undefined if neither the configuration nor the catalogue has a price for the model. */
export function priceCall({ model, provider, usage, prices, nowMs }: PriceQuestion): Price | undefined {
  const own = Object.hasOwn(prices, model) ? prices[model] : undefined;
  if (own) return { costNanoUsd: costOf(usage, own), source: "config", rates: { ...own } as Rates };
  const found = calcPrice(
    {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cache_read_tokens: usage.cacheReadInputTokens,
      cache_write_tokens: usage.cacheWriteInputTokens,
    },
    model,
    { timestamp: new Date(nowMs), ...(provider !== undefined && { providerId: provider }) },
  );
  if (!found) return undefined;
  const source = `${found.provider.id}/${found.model.id}`;
  return { costNanoUsd: nanoFromUsd(found.total_price), source, rates: found.model_price as Rates };
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
