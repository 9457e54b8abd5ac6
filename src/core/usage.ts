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

/** The usage with nothing below zero. */
export function nonNegative(usage: Usage): Usage {
  return mapUsage(usage, NO_USAGE, Math.max);
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
