/** What was spent: whole tokens, whole calls, and integer nano-USD. Each is within 0 … 2^53−1. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  readonly calls: number;
}

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, costNanoUsd: 0, calls: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costNanoUsd: a.costNanoUsd + b.costNanoUsd,
    calls: a.calls + b.calls,
  };
}

/** True where every sum, the token total included, is still an exact integer. */
export function isExact(usage: Usage): boolean {
  return (
    Number.isSafeInteger(usage.inputTokens + usage.outputTokens) &&
    Number.isSafeInteger(usage.costNanoUsd) &&
    Number.isSafeInteger(usage.calls)
  );
}
