/** Prices a test's call, at a time when no provider has peak hours. */
import { NO_USAGE, type PriceQuestion, type Usage } from "../../src/core/index.ts";
import { priceCall } from "../../src/pricing/index.ts";

const NANO_PER_USD = 1e9;

interface Call extends Partial<Usage> {
  readonly model: string;
  readonly provider?: string;
  readonly prices?: PriceQuestion["prices"];
  readonly at?: string;
}

/** The cost in USD and its source. */
export function priced({ model, provider, prices = {}, at = "2026-11-25T12:00:00Z", ...usage }: Call) {
  const nowMs = Date.parse(at);
  const price = priceCall({ model, provider, prices, nowMs, usage: { ...NO_USAGE, calls: 1, ...usage } });
  return price && { usd: price.costNanoUsd / NANO_PER_USD, source: price.source };
}
