import type { Usage } from "../../core/index.ts";

/** A usage as the ledger stores it: whole numbers and nano-USD, in this order. */
export type UsageList = readonly [
  inputTokens: number,
  outputTokens: number,
  costNanoUsd: number,
  calls: number,
  cacheReadInputTokens: number,
  cacheWriteInputTokens: number,
  reasoningOutputTokens: number,
];

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
  const [inputTokens, outputTokens, costNanoUsd, calls, cacheRead, cacheWrite, reasoning] = list;
  return {
    inputTokens,
    outputTokens,
    costNanoUsd,
    calls,
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite,
    reasoningOutputTokens: reasoning,
  };
}

export function isSameUsage(a: Usage, b: Usage): boolean {
  const list = usageList(b);
  return usageList(a).every((part, i) => part === list[i]);
}
