import type { Amounts } from "./usage.ts";

/**
 * What is held, or asked for, ahead of calls: whole tokens and calls, integer nano-USD. It is no spending, and no
 * counter has it.
 */
export interface Pending {
  /** At least the sum of the two below; the rest is not known to be either. */
  readonly tokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  readonly calls: number;
  /** How many holds it is. */
  readonly concurrentCalls: number;
}

export const NOTHING_PENDING: Pending = {
  tokens: 0,
  inputTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  calls: 0,
  concurrentCalls: 0,
};

export function addPending(a: Pending, b: Pending): Pending {
  return mapPending(a, b, (x, y) => x + y);
}

export function subtractPending(a: Pending, b: Pending): Pending {
  return mapPending(a, b, (x, y) => x - y);
}

/**
 * What is left of a hold after some of it was spent: each amount down to zero, and no more tokens of a kind than there
 * are tokens left, the input's first. It is still one hold.
 */
export function pendingAfter(pending: Pending, spent: Amounts): Pending {
  const left = (amount: number, used: number) => Math.max(0, amount - used);
  const tokens = left(pending.tokens, spent.inputTokens + spent.outputTokens);
  const inputTokens = Math.min(left(pending.inputTokens, spent.inputTokens), tokens);
  const outputTokens = Math.min(left(pending.outputTokens, spent.outputTokens), tokens - inputTokens);
  return {
    tokens,
    inputTokens,
    outputTokens,
    costNanoUsd: left(pending.costNanoUsd, spent.costNanoUsd),
    calls: left(pending.calls, spent.calls),
    concurrentCalls: pending.concurrentCalls,
  };
}

function mapPending(a: Pending, b: Pending, amount: (a: number, b: number) => number): Pending {
  return {
    tokens: amount(a.tokens, b.tokens),
    inputTokens: amount(a.inputTokens, b.inputTokens),
    outputTokens: amount(a.outputTokens, b.outputTokens),
    costNanoUsd: amount(a.costNanoUsd, b.costNanoUsd),
    calls: amount(a.calls, b.calls),
    concurrentCalls: amount(a.concurrentCalls, b.concurrentCalls),
  };
}
