/** The catalogue's price of a call to one model. */
import { calcPrice, type ModelInfo, type ModelPrice, type Provider } from "@pydantic/genai-prices";
import { nanoFromUsd, type Price, type Rates, type Usage } from "../core/index.ts";
import { pricedAtMs } from "./corrections.ts";
import type { ResolvedModel } from "./resolve-model.ts";

/** Returns undefined if the catalogue has no rate for what was used. */
export function cataloguePriceOf(model: ResolvedModel, usage: Usage, nowMs: number): Price | undefined {
  const { info, listedBy, name } = model;
  if (isFree(info)) return { costNanoUsd: 0, source: name, rates: {} };
  const found = calcPrice(
    {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cache_read_tokens: usage.cacheReadInputTokens,
      cache_write_tokens: usage.cacheWriteInputTokens,
      output_reasoning_tokens: usage.reasoningOutputTokens,
    },
    info.id,
    { provider: onlyOf(info), timestamp: new Date(pricedAtMs(listedBy, info.id, nowMs)) },
  );
  if (!found || !hasRatesFor(usage, found.model_price)) return undefined;
  return { costNanoUsd: nanoFromUsd(found.total_price), source: name, rates: ratesOfTokens(found.model_price) };
}

/** The rates that tokens can be charged at. A price can also have those of searches, which are not counted. */
function ratesOfTokens(price: ModelPrice): Rates {
  return Object.fromEntries(Object.entries(price).filter(([name]) => name.endsWith("_mtok"))) as Rates;
}

const providers = new WeakMap<ModelInfo, Provider>();

/** A provider with nothing but the one model, since the catalogue's rules for names would find similar ones. */
function onlyOf(info: ModelInfo): Provider {
  let provider = providers.get(info);
  if (!provider) {
    const model = { ...info, match: { equals: info.id } };
    provider = { id: info.id, name: info.id, api_pattern: "", models: [model] };
    providers.set(info, provider);
  }
  return provider;
}

/** A rate for all input covers its cached part, which only has its own if the provider charges it differently. */
function hasRatesFor({ inputTokens, outputTokens }: Usage, price: ModelPrice): boolean {
  const hasInput = price.input_mtok !== undefined;
  const hasOutput = price.output_mtok !== undefined;
  return (hasInput || hasOutput) && (hasInput || inputTokens === 0) && (hasOutput || outputTokens === 0);
}

/** The catalogue has no rates for models that are free, nor for those whose rates it does not know. */
function isFree({ id, prices, description }: ModelInfo): boolean {
  const hasNoRates = !Array.isArray(prices) && Object.keys(prices).length === 0;
  return hasNoRates && (id.endsWith(":free") || description === OPENAI_MODERATION);
}

const OPENAI_MODERATION = "All OpenAI moderation models and endpoints are free of charge";
