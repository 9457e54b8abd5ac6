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
  ];
}

export function usageFromList(list: UsageList): Usage {
  const [inputTokens, outputTokens, costNanoUsd, calls, cacheReadInputTokens, cacheWriteInputTokens, reasoning] = list;
  return {
    inputTokens,
    outputTokens,
    costNanoUsd,
    calls,
    cacheReadInputTokens,
    cacheWriteInputTokens,
    reasoningOutputTokens: reasoning,
  };
}

export function isSameUsage(a: Usage, b: Usage): boolean {
  const list = usageList(b);
  return usageList(a).every((part, i) => part === list[i]);
}
