/** What was spent: the parts of a usage, and the arithmetic of usages and totals. */

/**
 * The parts of a usage: the name in the core, the field on the wire, the column of a bucket's row, of a part that is
 * also counted in another the whole, and whether callers report it. The order is that of stored lists: append only.
 *
 * Functions that run with every call name the parts one by one, which is several times faster than a loop over them.
 * Their types refuse to compile without a part of this list.
 */
export const USAGE_PARTS = [
  {
    part: "inputTokens",
    field: "tokens_in",
    column: "input_tokens",
    unit: "tokens",
    of: null,
    isReported: true,
    description: "All input tokens, including cached ones.",
  },
  {
    part: "outputTokens",
    field: "tokens_out",
    column: "output_tokens",
    unit: "tokens",
    of: null,
    isReported: true,
    description: "All output tokens, including those of reasoning.",
  },
  {
    part: "costNanoUsd",
    field: "cost_usd",
    column: "cost_nano_usd",
    unit: "USD",
    of: null,
    isReported: true,
    description: "The cost in USD.",
  },
  {
    part: "calls",
    field: "calls",
    column: "calls",
    unit: "calls",
    of: null,
    isReported: false,
    description: "How many times something was consumed.",
  },
  {
    part: "cacheReadInputTokens",
    field: "cache_read_input_tokens",
    column: "cache_read_input_tokens",
    unit: "tokens",
    of: "inputTokens",
    isReported: true,
    description: "The part of `tokens_in` that was read from a cache.",
  },
  {
    part: "cacheWriteInputTokens",
    field: "cache_write_input_tokens",
    column: "cache_write_input_tokens",
    unit: "tokens",
    of: "inputTokens",
    isReported: true,
    description: "The part of `tokens_in` that was written to a cache.",
  },
  {
    part: "reasoningOutputTokens",
    field: "reasoning_output_tokens",
    column: "reasoning_output_tokens",
    unit: "tokens",
    of: "outputTokens",
    isReported: true,
    description: "The part of `tokens_out` that was spent on reasoning.",
  },
  {
    part: "unpricedCalls",
    field: "unpriced_calls",
    column: "unpriced_calls",
    unit: "calls",
    of: "calls",
    isReported: false,
    description: "How many of `calls` have an unknown cost, because their model has no known price.",
  },
  {
    part: "unpricedTokens",
    field: "unpriced_tokens",
    column: "unpriced_tokens",
    unit: "tokens",
    of: null,
    isReported: false,
    description: "How many tokens those calls used.",
  },
] as const;

/** The parts that callers report. */
export const REPORTED_PARTS = USAGE_PARTS.filter((each) => each.isReported);

export type UsagePart = (typeof USAGE_PARTS)[number]["part"];
export type UsageField = (typeof USAGE_PARTS)[number]["field"];
export type ReportedField = (typeof REPORTED_PARTS)[number]["field"];
export type UsageColumn = (typeof USAGE_PARTS)[number]["column"];

/** What windows count: whole tokens, whole calls, and integer nano-USD. Each is within 0 … 2^53−1. */
export interface Amounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  readonly calls: number;
  /** How many of the calls have an unknown cost. */
  readonly unpricedCalls: number;
}

/** What was spent, in whole tokens and calls and integer nano-USD. A part is never more than its whole. */
export type Usage = { readonly [P in UsagePart]: number };

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  calls: 0,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 0,
  reasoningOutputTokens: 0,
  unpricedCalls: 0,
  unpricedTokens: 0,
};

/** Combines two usages part by part. */
export function mapUsage(a: Usage, b: Usage, combine: (a: number, b: number) => number): Usage {
  return {
    inputTokens: combine(a.inputTokens, b.inputTokens),
    outputTokens: combine(a.outputTokens, b.outputTokens),
    costNanoUsd: combine(a.costNanoUsd, b.costNanoUsd),
    calls: combine(a.calls, b.calls),
    cacheReadInputTokens: combine(a.cacheReadInputTokens, b.cacheReadInputTokens),
    cacheWriteInputTokens: combine(a.cacheWriteInputTokens, b.cacheWriteInputTokens),
    reasoningOutputTokens: combine(a.reasoningOutputTokens, b.reasoningOutputTokens),
    unpricedCalls: combine(a.unpricedCalls, b.unpricedCalls),
    unpricedTokens: combine(a.unpricedTokens, b.unpricedTokens),
  };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return mapUsage(a, b, (x, y) => x + y);
}

export function subtractUsage(a: Usage, b: Usage): Usage {
  return mapUsage(a, b, (x, y) => x - y);
}

/** The same usage with an unknown cost. */
export function unpriced(usage: Usage): Usage {
  return { ...usage, unpricedCalls: usage.calls, unpricedTokens: usage.inputTokens + usage.outputTokens };
}

/** The largest amount that a total counts; larger whole numbers are not exact. */
export const CEILING = Number.MAX_SAFE_INTEGER;

/**
 * A total after a charge, whose parts can be negative. No part of the total falls below zero or exceeds its whole, and
 * neither a part nor both kinds of tokens together exceed the ceiling.
 */
export function totalAfter(total: Usage, delta: Usage): Usage {
  const inputTokens = partAfter(total.inputTokens, delta.inputTokens, CEILING - total.outputTokens);
  const outputTokens = partAfter(total.outputTokens, delta.outputTokens, CEILING - inputTokens);
  const cacheReadInputTokens = partAfter(total.cacheReadInputTokens, delta.cacheReadInputTokens, inputTokens);
  const uncached = inputTokens - cacheReadInputTokens;
  const calls = partAfter(total.calls, delta.calls, CEILING);
  return {
    inputTokens,
    outputTokens,
    costNanoUsd: partAfter(total.costNanoUsd, delta.costNanoUsd, CEILING),
    calls,
    cacheReadInputTokens,
    cacheWriteInputTokens: partAfter(total.cacheWriteInputTokens, delta.cacheWriteInputTokens, uncached),
    reasoningOutputTokens: partAfter(total.reasoningOutputTokens, delta.reasoningOutputTokens, outputTokens),
    unpricedCalls: partAfter(total.unpricedCalls, delta.unpricedCalls, calls),
    unpricedTokens: partAfter(total.unpricedTokens, delta.unpricedTokens, inputTokens + outputTokens),
  };
}

/** The metrics whose totals are at the ceiling, and so may be less than what was spent. */
export function atCeiling({ inputTokens, outputTokens, costNanoUsd, calls }: Amounts) {
  const metrics: ("tokens" | "cost_usd" | "calls")[] = [];
  if (inputTokens + outputTokens >= CEILING) metrics.push("tokens");
  if (costNanoUsd >= CEILING) metrics.push("cost_usd");
  if (calls >= CEILING) metrics.push("calls");
  return metrics;
}

/** The amounts of a window's slot after a charge without negative parts. */
export function amountsAfter(amounts: Amounts, charged: Amounts): Amounts {
  const inputTokens = partAfter(amounts.inputTokens, charged.inputTokens, CEILING - amounts.outputTokens);
  return {
    inputTokens,
    outputTokens: partAfter(amounts.outputTokens, charged.outputTokens, CEILING - inputTokens),
    costNanoUsd: partAfter(amounts.costNanoUsd, charged.costNanoUsd, CEILING),
    calls: partAfter(amounts.calls, charged.calls, CEILING),
    unpricedCalls: partAfter(amounts.unpricedCalls, charged.unpricedCalls, CEILING),
  };
}

/** Compares with `ceiling - part`, which is exact, before it adds: `part + delta` need not be. */
function partAfter(part: number, delta: number, ceiling: number): number {
  return delta >= ceiling - part ? ceiling : Math.max(0, part + delta);
}

/** True if every sum, including that of all tokens, is an exact integer. */
export function isExact(usage: Amounts): boolean {
  return (
    Number.isSafeInteger(usage.inputTokens + usage.outputTokens) &&
    Number.isSafeInteger(usage.costNanoUsd) &&
    Number.isSafeInteger(usage.calls)
  );
}

export function isNothing(usage: Amounts): boolean {
  return (
    usage.inputTokens === 0 &&
    usage.outputTokens === 0 &&
    usage.costNanoUsd === 0 &&
    usage.calls === 0 &&
    usage.unpricedCalls === 0
  );
}
