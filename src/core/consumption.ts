import type { Subject } from "./bucket.ts";
import { isLabelName } from "./limits.ts";
import { nanoFromUsd } from "./money.ts";
import type { Usage } from "./usage.ts";
import type { ModelPrice } from "./values.ts";

/** Whose step it is, and what the caller says of the call. */
export interface StepRequest {
  /** Null or absent: the anonymous user. */
  readonly user_id?: string | null | undefined;
  /** Up to 8, such as `{model: "…", run: "…", team: "…"}`; limits can count for each value. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The model, which is also the label `model` where that is not given. */
  readonly model?: string | undefined;
  /** Answers with every limit that applies. */
  readonly detail?: boolean | undefined;
}

/** What a step came to: whole tokens and decimal USD, all zero where absent. */
export interface Consumption extends StepRequest {
  readonly tokens_in?: number | undefined;
  readonly tokens_out?: number | undefined;
  /** Of `tokens_in`. */
  readonly cache_read_input_tokens?: number | undefined;
  /** Of `tokens_in`. */
  readonly cache_write_input_tokens?: number | undefined;
  /** Of `tokens_out`. */
  readonly reasoning_output_tokens?: number | undefined;
  /** What it cost. Absent: priced by `model`, or nothing where there is no model either. */
  readonly cost_usd?: number | undefined;
  /** Where the model runs, such as `openai`, for its price. */
  readonly provider?: string | undefined;
}

/** Rates in USD per million tokens, in their source's own words; one can depend on how long the input is. */
export type Rates = Readonly<Record<string, number | { base: number; tiers: { start: number; price: number }[] }>>;

/** What a call was priced at. */
export interface Price {
  readonly costNanoUsd: number;
  /** Where it comes from: `config`, or the catalogue's `provider/model`. */
  readonly source: string;
  /** What it was computed from. */
  readonly rates: Rates;
}

/** What a pricer is asked for: a call's model, its usage, and the prices that go before the pricer's own. */
export interface PriceQuestion {
  readonly model: string;
  readonly provider: string | undefined;
  readonly usage: Usage;
  readonly prices: Readonly<Record<string, ModelPrice>>;
  readonly nowMs: number;
}

/** Prices a call by its model; undefined where it knows no price. */
export type Pricer = (question: PriceQuestion) => Price | undefined;

/** A model whose price nobody knows. Nothing was recorded. */
export class UnknownModelError extends RangeError {
  override name = "UnknownModelError";
}

/** Who is charged for a step. */
export function subjectOf({ user_id, labels = {}, model }: StepRequest): Subject {
  return {
    userId: user_id ?? null,
    labels: model !== undefined && !Object.hasOwn(labels, "model") ? { ...labels, model } : labels,
  };
}

/**
 * Takes a consumption to inner units, as one call, its cost still zero where it is to be priced.
 *
 * @throws RangeError that names the field at fault and what it takes
 */
export function usageOf(spent: Consumption): Usage {
  const { tokens_in = 0, tokens_out = 0, cost_usd = 0, labels = {} } = spent;
  const { cache_read_input_tokens = 0, cache_write_input_tokens = 0, reasoning_output_tokens = 0 } = spent;
  const counts = { tokens_in, tokens_out, cache_read_input_tokens, cache_write_input_tokens, reasoning_output_tokens };
  for (const [field, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${field} takes a whole number from 0`);
  }
  if (!Number.isFinite(cost_usd) || cost_usd < 0) throw new RangeError("cost_usd takes a number of USD from 0");
  const [misnamed] = Object.keys(labels).filter((name) => !isLabelName(name));
  if (misnamed !== undefined) throw new RangeError(`labels: "${misnamed}" is not a label's name`);
  const [part] = partsBeyondWhole(spent);
  if (part) throw new RangeError(`${part.field} ${part.detail}`);
  return {
    inputTokens: tokens_in,
    outputTokens: tokens_out,
    costNanoUsd: nanoFromUsd(cost_usd),
    calls: 1,
    cacheReadInputTokens: cache_read_input_tokens,
    cacheWriteInputTokens: cache_write_input_tokens,
    reasoningOutputTokens: reasoning_output_tokens,
  };
}

/** Lists the parts of a consumption's token counts that are more than their whole. */
export function partsBeyondWhole(spent: Consumption): { field: keyof Consumption; detail: string }[] {
  const { tokens_in = 0, tokens_out = 0, reasoning_output_tokens = 0 } = spent;
  const { cache_read_input_tokens = 0, cache_write_input_tokens = 0 } = spent;
  const beyond: { field: keyof Consumption; detail: string }[] = [];
  const cached = cache_read_input_tokens + cache_write_input_tokens;
  if (cached > 0 && cached > tokens_in) {
    const field = cache_read_input_tokens > tokens_in ? "cache_read_input_tokens" : "cache_write_input_tokens";
    beyond.push({ field, detail: "is a part of tokens_in: cache reads and writes together take up to that" });
  }
  if (reasoning_output_tokens > 0 && reasoning_output_tokens > tokens_out) {
    beyond.push({ field: "reasoning_output_tokens", detail: "is a part of tokens_out and takes up to that" });
  }
  return beyond;
}

/**
 * What a consumption came to, priced by its model where it tells no cost.
 *
 * @throws RangeError that names the field at fault, UnknownModelError where the model has no price
 */
export function pricedUsageOf(
  spent: Consumption,
  prices: Readonly<Record<string, ModelPrice>>,
  pricer: Pricer | undefined,
  nowMs: number,
): { readonly usage: Usage; readonly price: Price | undefined } {
  const usage = usageOf(spent);
  const { model, provider, cost_usd } = spent;
  if (cost_usd !== undefined || model === undefined) return { usage, price: undefined };
  const price = priceOf({ model, provider, usage, prices, nowMs }, pricer);
  return { usage: { ...usage, costNanoUsd: price.costNanoUsd }, price };
}

/**
 * Prices a call.
 *
 * @throws UnknownModelError where nobody knows the model's price
 */
export function priceOf(question: PriceQuestion, pricer: Pricer | undefined): Price {
  const price = pricer?.(question);
  if (price) return price;
  const { model, provider } = question;
  const where = provider === undefined ? "" : ` of the provider "${provider}"`;
  throw new UnknownModelError(
    `the model "${model}"${where} has no known price: send cost_usd, or set the model's price in the configuration`,
  );
}
