import { describe, expect, test } from "vitest";
import { type Pending, pendingAfter } from "../../src/core/pending.ts";
import { NO_USAGE } from "../../src/core/usage.ts";

type Triple = readonly [tokens: number, input: number, output: number];
type Row = readonly [what: string, pending: Triple, spent: readonly [input: number, output: number], left: Triple];

const reserved = (tokens: number, inputTokens: number, outputTokens: number): Pending => ({
  tokens,
  inputTokens,
  outputTokens,
  costNanoUsd: 0,
  calls: 1,
  concurrentCalls: 1,
});
const spent = (inputTokens: number, outputTokens: number) => ({ ...NO_USAGE, inputTokens, outputTokens, calls: 1 });

describe("after a partial commit, the pending amounts", () => {
  const rows: readonly Row[] = [
    ["are reduced by what was spent", [100, 60, 40], [10, 5], [85, 50, 35]],
    ["have no input if more was spent, and less output by the excess", [100, 50, 50], [80, 0], [20, 0, 20]],
    ["have no output if more was spent, and less input by the excess", [100, 50, 50], [0, 90], [10, 10, 0]],
    ["keep the tokens of each kind as long as others are left", [100, 20, 20], [60, 0], [40, 0, 20]],
    ["are zero if more was spent in all", [100, 50, 50], [200, 1], [0, 0, 0]],
  ];
  test.each(rows)("%s", (_, pending, amounts, left) => {
    const after = pendingAfter(reserved(...pending), spent(...amounts));
    expect([after.tokens, after.inputTokens, after.outputTokens]).toEqual(left);
  });

  test("are still one concurrent call, but no call to be counted", () => {
    expect(pendingAfter(reserved(10, 0, 0), spent(1, 0))).toMatchObject({ calls: 0, concurrentCalls: 1 });
  });
});
