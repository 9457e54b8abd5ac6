import type { Decision, Reading } from "./decision.ts";
import { type Metric, wireAmount } from "./metrics.ts";
import { usdFromNano } from "./money.ts";
import type { Usage, UsageField } from "./usage.ts";

/** How one limit stands. Amounts are in the metric's wire unit: tokens, calls, USD, or seconds. */
export interface LimitStatus {
  readonly name: string;
  readonly max: number;
  readonly used: number;
  /** What live holds keep. */
  readonly held: number;
  readonly remaining: number;
  /** RFC 3339: when nothing that counts now will count any more; null for never. */
  readonly resets_at: string | null;
  /** Only where true: the limit does not block. */
  readonly shadow?: true;
}

/** The answer to "may I take the next step?", in the wire's units. */
export interface BudgetStatus {
  /** `warn` lets the step through, as `ok` does. */
  readonly state: "ok" | "warn" | "blocked";
  /** For people: `frozen` or the limit's name where blocked, `tokens at 85%` where warned, else null. */
  readonly reason: string | null;
  /** For programs: the name of the limit that made the state, else null. */
  readonly limit: string | null;
  /** The least that is left of each metric over all limits that block: what an agent passes on as `max_tokens`. */
  readonly remaining: Readonly<Partial<Record<Metric, number>>>;
  /**
   * Seconds until a blocked step will be let through if nothing more is spent; where only live holds are in its way,
   * until the first of them ends. Null where that never comes.
   */
  readonly retry_after: number | null;
  /** Only where one would: the first limit in shadow that would have blocked. */
  readonly would_block?: string;
  /** Only where asked for: every limit that applies, in the order they are checked. */
  readonly limits?: readonly LimitStatus[];
}

/** Totals: whole tokens, decimal USD, and the number of calls. */
export type UsageTotals = { readonly [F in UsageField | "tokens_total"]: number };

/** Takes a decision to the wire's units; `detail` adds every limit. */
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

/** The least that is left of each metric over the limits that block. */
export function remainingOf(readings: readonly Reading[]): BudgetStatus["remaining"] {
  const remaining: Partial<Record<Metric, number>> = {};
  for (const { limit, used, pending, shadow } of readings) {
    if (shadow) continue;
    const left = wireAmount(limit.metric, Math.max(0, limit.max - used - pending));
    remaining[limit.metric] = Math.min(left, remaining[limit.metric] ?? left);
  }
  return remaining;
}

export function limitStatusOf({ limit, used, pending, shadow, resetsAtMs }: Reading): LimitStatus {
  return {
    name: limit.name,
    max: wireAmount(limit.metric, limit.max),
    used: wireAmount(limit.metric, used),
    held: wireAmount(limit.metric, pending),
    remaining: wireAmount(limit.metric, Math.max(0, limit.max - used - pending)),
    resets_at: resetsAtMs === null ? null : new Date(resetsAtMs).toISOString(),
    ...(shadow && { shadow }),
  };
}

/** Takes totals to the wire's units. */
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
  };
}
