/** Estimates: the most that a call may consume, as sent ahead of it. */
import { type Pricer, priceOf, type StepRequest } from "./consumption.ts";
import { nanoFromUsd } from "./money.ts";
import type { Pending } from "./pending.ts";
import { NO_USAGE } from "./usage.ts";
import type { ModelPrice } from "./values.ts";

/** Whole tokens and decimal USD. Zero if absent. */
export interface EstimateRequest extends StepRequest {
  /** At least the sum of the two below, which is the default. */
  readonly tokens?: number | undefined;
  readonly input_tokens?: number | undefined;
  readonly output_tokens?: number | undefined;
  /** Absent: priced by `model`, tokens that can be either as output; zero if there is no model either. */
  readonly cost_usd?: number | undefined;
  readonly provider?: string | undefined;
}

export function hasEstimate({ tokens, input_tokens, output_tokens, cost_usd }: EstimateRequest): boolean {
  return (tokens ?? input_tokens ?? output_tokens ?? cost_usd) !== undefined;
}

/**
 * Converts an estimate to inner units, as one call.
 *
 * @throws RangeError that names the invalid field, UnknownModelError if the model has no price
 */
export function estimateOf(
  request: EstimateRequest,
  prices: Readonly<Record<string, ModelPrice>>,
  pricer: Pricer | undefined,
  nowMs: number,
): Pending {
  const { input_tokens = 0, output_tokens = 0, tokens = input_tokens + output_tokens, cost_usd, model } = request;
  for (const [field, value] of Object.entries({ tokens, input_tokens, output_tokens })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${field} takes a whole number from 0`);
  }
  if (tokens < input_tokens + output_tokens) throw new RangeError(`tokens ${TOKENS_TAKE_ALL}`);
  if (cost_usd !== undefined && !(Number.isFinite(cost_usd) && cost_usd >= 0)) {
    throw new RangeError("cost_usd takes a number of USD from 0");
  }
  const usage = { ...NO_USAGE, inputTokens: input_tokens, outputTokens: tokens - input_tokens, calls: 1 };
  let costNanoUsd = nanoFromUsd(cost_usd ?? 0);
  if (cost_usd === undefined && model !== undefined && tokens > 0) {
    const question = { model, provider: request.provider, usage, prices, nowMs };
    // A model that only has a price of inputs, such as one of embeddings, has no other tokens.
    const onlyInput = { ...usage, inputTokens: tokens - output_tokens, outputTokens: output_tokens };
    const price = pricer?.(question) ?? priceOf({ ...question, usage: onlyInput }, pricer);
    costNanoUsd = price.costNanoUsd;
  }
  return { tokens, inputTokens: input_tokens, outputTokens: output_tokens, costNanoUsd, calls: 1, concurrentCalls: 1 };
}

export const TOKENS_TAKE_ALL = "takes at least input_tokens and output_tokens together";
