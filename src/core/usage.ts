/** What windows count: whole tokens, whole calls, and integer nano-USD. Each is within 0 … 2^53−1. */
export interface Amounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  readonly calls: number;
}

/** What was spent, with the parts of the token counts that are priced apart. A part is never more than its whole. */
export interface Usage extends Amounts {
  /** Of the input tokens. */
  readonly cacheReadInputTokens: number;
  /** Of the input tokens. */
  readonly cacheWriteInputTokens: number;
  /** Of the output tokens. */
  readonly reasoningOutputTokens: number;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  calls: 0,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 0,
  reasoningOutputTokens: 0,
};

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costNanoUsd: a.costNanoUsd + b.costNanoUsd,
    calls: a.calls + b.calls,
  };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    ...addAmounts(a, b),
    cacheReadInputTokens: a.cacheReadInputTokens + b.cacheReadInputTokens,
    cacheWriteInputTokens: a.cacheWriteInputTokens + b.cacheWriteInputTokens,
    reasoningOutputTokens: a.reasoningOutputTokens + b.reasoningOutputTokens,
  };
}

export function subtractUsage(a: Usage, b: Usage): Usage {
  return mapUsage(a, b, (x, y) => x - y);
}

/** Combines two usages part by part. */
export function mapUsage(a: Usage, b: Usage, part: (a: number, b: number) => number): Usage {
  return {
    inputTokens: part(a.inputTokens, b.inputTokens),
    outputTokens: part(a.outputTokens, b.outputTokens),
    costNanoUsd: part(a.costNanoUsd, b.costNanoUsd),
    calls: part(a.calls, b.calls),
    cacheReadInputTokens: part(a.cacheReadInputTokens, b.cacheReadInputTokens),
    cacheWriteInputTokens: part(a.cacheWriteInputTokens, b.cacheWriteInputTokens),
    reasoningOutputTokens: part(a.reasoningOutputTokens, b.reasoningOutputTokens),
  };
}

/** The largest amount that a total counts: above it, whole numbers are not exact. */
export const CEILING = Number.MAX_SAFE_INTEGER;

/**
 * A total after a charge, parts of which can be negative. No part falls below zero, and none, nor both kinds of tokens
 * together, rises above the ceiling. A part of the tokens is never more than its whole.
 */
export function totalAfter(total: Usage, delta: Usage): Usage {
  const inputTokens = partAfter(total.inputTokens, delta.inputTokens, CEILING - total.outputTokens);
  const outputTokens = partAfter(total.outputTokens, delta.outputTokens, CEILING - inputTokens);
  const part = (key: keyof Usage, ceiling: number) => partAfter(total[key], delta[key], ceiling);
  const cacheReadInputTokens = part("cacheReadInputTokens", inputTokens);
  return {
    inputTokens,
    outputTokens,
    costNanoUsd: part("costNanoUsd", CEILING),
    calls: part("calls", CEILING),
    cacheReadInputTokens,
    cacheWriteInputTokens: part("cacheWriteInputTokens", inputTokens - cacheReadInputTokens),
    reasoningOutputTokens: part("reasoningOutputTokens", outputTokens),
  };
}

/** The metrics of a total that stand at its ceiling, and so may be less than what was spent. */
export function atCeiling({ inputTokens, outputTokens, costNanoUsd, calls }: Amounts) {
  const metrics: ("tokens" | "cost_usd" | "calls")[] = [];
  if (inputTokens + outputTokens >= CEILING) metrics.push("tokens");
  if (costNanoUsd >= CEILING) metrics.push("cost_usd");
  if (calls >= CEILING) metrics.push("calls");
  return metrics;
}

/** What a window's slot counts after a charge without negative parts. */
export function amountsAfter(amounts: Amounts, charged: Amounts): Amounts {
  const inputTokens = partAfter(amounts.inputTokens, charged.inputTokens, CEILING - amounts.outputTokens);
  return {
    inputTokens,
    outputTokens: partAfter(amounts.outputTokens, charged.outputTokens, CEILING - inputTokens),
    costNanoUsd: partAfter(amounts.costNanoUsd, charged.costNanoUsd, CEILING),
    calls: partAfter(amounts.calls, charged.calls, CEILING),
  };
}

/** Adds without passing the ceiling on the way: `ceiling - part` is exact, `part + delta` need not be. */
function partAfter(part: number, delta: number, ceiling: number): number {
  return delta >= ceiling - part ? ceiling : Math.max(0, part + delta);
}

/** True where every sum, the token total included, is still an exact integer. */
export function isExact(usage: Amounts): boolean {
  return (
    Number.isSafeInteger(usage.inputTokens + usage.outputTokens) &&
    Number.isSafeInteger(usage.costNanoUsd) &&
    Number.isSafeInteger(usage.calls)
  );
}

/** True where nothing is counted. */
export function isNothing(usage: Amounts): boolean {
  return usage.inputTokens === 0 && usage.outputTokens === 0 && usage.costNanoUsd === 0 && usage.calls === 0;
}
