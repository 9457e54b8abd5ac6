/** Estimates: the most that a call may consume, as sent ahead of it. */
import { isFree, type Pricer, type StepRequest, type UnknownModelError, unknownModel } from "./consumption.ts";
import type { Decision } from "./decision.ts";
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

/** An estimate in inner units. */
export interface Estimate {
  readonly amounts: Pending;
  /** True if its cost is unknown, because its model has no known price. Looks the price up, once. */
  readonly isUnpriced: () => boolean;
  /** The refusal of the call if its cost is unknown and a limit would have to count it. */
  readonly refusal: () => UnknownModelError;
  /** True if its model costs nothing. Looks the price up, once. */
  readonly isFree: () => boolean;
}

/**
 * Converts an estimate to inner units, as one call.
 *
 * @throws RangeError that names the invalid field
 */
export function estimateOf(
  request: EstimateRequest,
  prices: Readonly<Record<string, ModelPrice>>,
  pricer: Pricer | undefined,
  nowMs: number,
): Estimate {
  const { input_tokens = 0, output_tokens = 0, tokens = input_tokens + output_tokens, cost_usd, model } = request;
  for (const [field, value] of Object.entries({ tokens, input_tokens, output_tokens })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${field} takes a whole number from 0`);
  }
  if (tokens < input_tokens + output_tokens) throw new RangeError(`tokens ${TOKENS_TAKE_ALL}`);
  if (cost_usd !== undefined && !(Number.isFinite(cost_usd) && cost_usd >= 0)) {
    throw new RangeError("cost_usd takes a number of USD from 0");
  }
  const isPriced = cost_usd === undefined && model !== undefined;
  const question = isPriced ? { model, provider: request.provider, prices, nowMs } : undefined;
  const priceFor = (inputTokens: number, outputTokens: number) =>
    question ? pricer?.({ ...question, usage: { ...NO_USAGE, inputTokens, outputTokens, calls: 1 } }) : undefined;
  // A model that only has a price of inputs, such as one of embeddings, has no other tokens.
  const price = once(() =>
    tokens > 0
      ? (priceFor(input_tokens, tokens - input_tokens) ?? priceFor(tokens - output_tokens, output_tokens))
      : (priceFor(1, 0) ?? priceFor(0, 1)),
  );
  const costNanoUsd = tokens > 0 && isPriced ? (price()?.costNanoUsd ?? 0) : nanoFromUsd(cost_usd ?? 0);
  const amounts = { tokens, inputTokens: input_tokens, outputTokens: output_tokens, costNanoUsd };
  return {
    amounts: { ...amounts, calls: 1, concurrentCalls: 1 },
    isUnpriced: () => isPriced && price() === undefined,
    refusal: () => unknownModel(request, pricer),
    isFree: () => isFree(price()),
  };
}

function once<T>(compute: () => T): () => T {
  let done: { readonly value: T } | undefined;
  return () => {
    done ??= { value: compute() };
    return done.value;
  };
}

/**
 * Refuses a call that has not been made yet, if a limit would have to count a cost that is unknown.
 *
 * @throws UnknownModelError if a cost limit applies to the step, and its model has no known price
 */
export function requirePrice({ state, readings }: Decision, { isUnpriced, refusal }: Estimate): void {
  const hasCostLimit = readings.some(({ limit, shadow }) => limit.metric === "cost_usd" && !shadow);
  if (hasCostLimit && state !== "blocked" && isUnpriced()) throw refusal();
}

export const TOKENS_TAKE_ALL = "takes at least input_tokens and output_tokens together";
