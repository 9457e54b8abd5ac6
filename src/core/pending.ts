/** Pending amounts: what open reservations set aside, or an estimate asks for. No total or window counts them. */
import type { Amounts } from "./usage.ts";

/** Whole tokens and calls, and integer nano-USD. */
export interface Pending {
  /** At least the sum of the two below; the rest can become either. */
  readonly tokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  readonly calls: number;
  /** The number of reservations. */
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
 * What is left of a reservation's pending amounts after a part was spent: each down to zero, and no more input and
 * output tokens than there are tokens left, input first. It is still one concurrent call.
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
