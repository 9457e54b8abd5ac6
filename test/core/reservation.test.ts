/** What a partial commit leaves pending. */
import { describe, expect, test } from "vitest";
import { type Pending, pendingAfter } from "../../src/core/pending.ts";
import { NO_USAGE } from "../../src/core/usage.ts";

type Triple = readonly [tokens: number, input: number, output: number];
type Row = readonly [what: string, pending: Triple, spent: readonly [input: number, output: number], left: Triple];

const holding = (tokens: number, inputTokens: number, outputTokens: number): Pending => ({
  tokens,
  inputTokens,
  outputTokens,
  costNanoUsd: 0,
  calls: 1,
  concurrentCalls: 1,
});
const spending = (inputTokens: number, outputTokens: number) => ({ ...NO_USAGE, inputTokens, outputTokens, calls: 1 });

describe("the pending amount of a reservation", () => {
  const rows: readonly Row[] = [
    ["is each amount less what was spent of it", [100, 60, 40], [10, 5], [85, 50, 35]],
    ["has no input if more than that was spent, and less output by the excess", [100, 50, 50], [80, 0], [20, 0, 20]],
    ["has no output if more than that was spent, and less input by the excess", [100, 50, 50], [0, 90], [10, 10, 0]],
    ["keeps input and output until the total is less than both", [100, 20, 20], [60, 0], [40, 0, 20]],
    ["is zero if more was spent than was reserved", [100, 50, 50], [200, 1], [0, 0, 0]],
  ];
  test.each(rows)("%s", (_, pending, spent, left) => {
    const after = pendingAfter(holding(...pending), spending(...spent));
    expect([after.tokens, after.inputTokens, after.outputTokens]).toEqual(left);
  });

  test("is one reservation still, and no call after its first commit", () => {
    expect(pendingAfter(holding(10, 0, 0), spending(1, 0))).toMatchObject({ calls: 0, concurrentCalls: 1 });
  });
});
