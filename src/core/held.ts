import type { Amounts } from "./usage.ts";

/**
 * What is held, or asked for, ahead of calls: whole tokens and calls, integer nano-USD. It is no spending, and no
 * counter has it.
 */
export interface Held {
  /** At least the sum of the two below; the rest is not known to be either. */
  readonly tokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  readonly calls: number;
  /** How many holds it is. */
  readonly concurrentCalls: number;
}

export const NOTHING_HELD: Held = {
  tokens: 0,
  inputTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  calls: 0,
  concurrentCalls: 0,
};

export function addHeld(a: Held, b: Held): Held {
  return mapHeld(a, b, (x, y) => x + y);
}

export function subtractHeld(a: Held, b: Held): Held {
  return mapHeld(a, b, (x, y) => x - y);
}

/**
 * What is left of a hold after some of it was spent: each amount down to zero, and no more tokens of a kind than there
 * are tokens left, the input's first. It is still one hold.
 */
export function heldAfter(held: Held, spent: Amounts): Held {
  const left = (amount: number, used: number) => Math.max(0, amount - used);
  const tokens = left(held.tokens, spent.inputTokens + spent.outputTokens);
  const inputTokens = Math.min(left(held.inputTokens, spent.inputTokens), tokens);
  const outputTokens = Math.min(left(held.outputTokens, spent.outputTokens), tokens - inputTokens);
  return {
    tokens,
    inputTokens,
    outputTokens,
    costNanoUsd: left(held.costNanoUsd, spent.costNanoUsd),
    calls: left(held.calls, spent.calls),
    concurrentCalls: held.concurrentCalls,
  };
}

function mapHeld(a: Held, b: Held, amount: (a: number, b: number) => number): Held {
  return {
    tokens: amount(a.tokens, b.tokens),
    inputTokens: amount(a.inputTokens, b.inputTokens),
    outputTokens: amount(a.outputTokens, b.outputTokens),
    costNanoUsd: amount(a.costNanoUsd, b.costNanoUsd),
    calls: amount(a.calls, b.calls),
    concurrentCalls: amount(a.concurrentCalls, b.concurrentCalls),
  };
}
