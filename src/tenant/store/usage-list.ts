/** Usages as the ledger stores them: lists of whole numbers and nano-USD. */
import type { USAGE_PARTS, Usage } from "../../core/index.ts";

type NumberForEach<Parts extends readonly unknown[]> = { readonly [I in keyof Parts]: number };

/** The parts of a usage in the order of `USAGE_PARTS`. */
export type UsageList = NumberForEach<typeof USAGE_PARTS>;

export function usageList(usage: Usage): UsageList {
  return [
    usage.inputTokens,
    usage.outputTokens,
    usage.costNanoUsd,
    usage.calls,
    usage.cacheReadInputTokens,
    usage.cacheWriteInputTokens,
    usage.reasoningOutputTokens,
    usage.unpricedCalls,
    usage.unpricedTokens,
  ];
}

export function usageFromList(list: UsageList): Usage {
  const [inputTokens, outputTokens, costNanoUsd, calls, cacheReadInputTokens, cacheWriteInputTokens, ...rest] = list;
  // Older lists end before the parts that were added later.
  const [reasoningOutputTokens, unpricedCalls = 0, unpricedTokens = 0] = rest;
  return {
    inputTokens,
    outputTokens,
    costNanoUsd,
    calls,
    cacheReadInputTokens,
    cacheWriteInputTokens,
    reasoningOutputTokens,
    unpricedCalls,
    unpricedTokens,
  };
}

export function isSameUsage(a: Usage, b: Usage): boolean {
  const list = usageList(b);
  return usageList(a).every((part, i) => part === list[i]);
}
