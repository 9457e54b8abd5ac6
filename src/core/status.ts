/** Decisions and totals in the units of the wire. */
import type { Price, Rates } from "./consumption.ts";
import type { Decision } from "./decision.ts";
import { type Metric, wireAmount } from "./metrics.ts";
import { usdFromNano } from "./money.ts";
import type { Reading } from "./reading.ts";
import type { Usage, UsageField } from "./usage.ts";

/** One limit as of now. Amounts are in the metric's wire unit: tokens, calls, USD, or seconds. */
export interface LimitStatus {
  readonly name: string;
  readonly max: number;
  readonly used: number;
  /** The pending amount of open reservations. */
  readonly held: number;
  readonly remaining: number;
  /** Of a limit of cost: how many calls it counts without a known cost; absent if none. */
  readonly unpriced_calls?: number;
  /** RFC 3339: when nothing that counts now will count any more; null for never, or if nothing counts. */
  readonly resets_at: string | null;
  /** True if the limit does not block; else absent. */
  readonly shadow?: true;
}

/** The answer to "may I take the next step?" */
export interface BudgetStatus {
  /** A step with `warn` is allowed, as one with `ok` is. */
  readonly state: "ok" | "warn" | "blocked";
  /** For people: `frozen` or the limit's name if blocked, `tokens at 85%` if warned, else null. */
  readonly reason: string | null;
  /** For programs: the name of the limit that blocks or warns, else null. */
  readonly limit: string | null;
  /** For each metric, the least that any blocking limit leaves: what an agent can pass on as `max_tokens`. */
  readonly remaining: Readonly<Partial<Record<Metric, number>>>;
  /**
   * Seconds until a blocked step will be allowed if nothing more is spent; if only pending amounts block it, until the
   * next reservation expires. Null for never.
   */
  readonly retry_after: number | null;
  /** The first limit in shadow that would have blocked; absent if none would. */
  readonly would_block?: string;
  /** With `detail`: every limit that applies, in the order they are checked. */
  readonly limits?: readonly LimitStatus[];
}

/** What an answer says about the cost of the call that was recorded. */
export interface RecordedCost {
  /** The cost that was counted, in decimal USD; absent if it is unknown. */
  readonly cost_usd?: number;
  /** The price, if the call was priced by its model; else absent. */
  readonly price?: { readonly source: string; readonly rates: Rates };
  /** True if the cost is unknown, because the model has no known price; else absent. */
  readonly unpriced?: true;
}

/** The answer to a consume: the decision for the next step, and the cost of this one. */
export interface ConsumeStatus extends BudgetStatus, RecordedCost {}

/** Totals: whole tokens, decimal USD, and the number of calls. */
export type UsageTotals = { readonly [F in UsageField | "tokens_total"]: number };

export function statusOf(decision: Decision, nowMs: number, detail = false): BudgetStatus {
  const { state, reason, limit, wouldBlock, retryAtMs, readings } = decision;
  return {
    state,
    reason,
    limit,
    remaining: remainingOf(readings),
    retry_after: retryAtMs === null ? null : Math.max(0, retryAtMs - nowMs) / 1000,
    ...(wouldBlock !== null && { would_block: wouldBlock }),
    ...(detail && { limits: readings.map(limitStatusOf) }),
  };
}

/** For each metric, the least that any blocking limit leaves. */
export function remainingOf(readings: readonly Reading[]): BudgetStatus["remaining"] {
  const remaining: Partial<Record<Metric, number>> = {};
  for (const { limit, used, pending, shadow } of readings) {
    if (shadow) continue;
    const left = wireAmount(limit.metric, Math.max(0, limit.max - used - pending));
    remaining[limit.metric] = Math.min(left, remaining[limit.metric] ?? left);
  }
  return remaining;
}

export function limitStatusOf({ limit, used, unpricedCalls, pending, shadow, resetsAtMs }: Reading): LimitStatus {
  return {
    name: limit.name,
    max: wireAmount(limit.metric, limit.max),
    used: wireAmount(limit.metric, used),
    held: wireAmount(limit.metric, pending),
    remaining: wireAmount(limit.metric, Math.max(0, limit.max - used - pending)),
    ...(unpricedCalls > 0 && { unpriced_calls: unpricedCalls }),
    resets_at: resetsAtMs === null ? null : new Date(resetsAtMs).toISOString(),
    ...(shadow && { shadow }),
  };
}

export function recordedCost(usage: Usage, price: Price | undefined): RecordedCost {
  if (usage.unpricedCalls > 0) return { unpriced: true };
  return { cost_usd: usdFromNano(usage.costNanoUsd), ...priceFields(price) };
}

/** What answers and entries say about a price. */
export function priceFields(price: Price | undefined): Pick<RecordedCost, "price"> | undefined {
  return price && { price: { source: price.source, rates: price.rates } };
}

export function totalsOf(usage: Usage): UsageTotals {
  return {
    tokens_in: usage.inputTokens,
    tokens_out: usage.outputTokens,
    tokens_total: usage.inputTokens + usage.outputTokens,
    cost_usd: usdFromNano(usage.costNanoUsd),
    calls: usage.calls,
    cache_read_input_tokens: usage.cacheReadInputTokens,
    cache_write_input_tokens: usage.cacheWriteInputTokens,
    reasoning_output_tokens: usage.reasoningOutputTokens,
    unpriced_calls: usage.unpricedCalls,
    unpriced_tokens: usage.unpricedTokens,
  };
}
