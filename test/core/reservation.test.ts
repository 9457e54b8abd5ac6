import { describe, expect, test } from "vitest";
import { type Pending, pendingAfter } from "../../src/core/pending.ts";
import { NO_USAGE } from "../../src/core/usage.ts";

type Triple = readonly [tokens: number, input: number, output: number];
type Row = readonly [what: string, held: Triple, spent: readonly [input: number, output: number], left: Triple];

const holding = (tokens: number, inputTokens: number, outputTokens: number): Pending => ({
  tokens,
  inputTokens,
  outputTokens,
  costNanoUsd: 0,
  calls: 1,
  concurrentCalls: 1,
});
const spending = (inputTokens: number, outputTokens: number) => ({ ...NO_USAGE, inputTokens, outputTokens, calls: 1 });

describe("what is left of a hold", () => {
  const rows: readonly Row[] = [
    ["is each amount less what was spent of it", [100, 60, 40], [10, 5], [85, 50, 35]],
    ["is no input where more of it was spent, and less of the output by as much", [100, 50, 50], [80, 0], [20, 0, 20]],
    ["is no output where more of it was spent, and less of the input by as much", [100, 50, 50], [0, 90], [10, 10, 0]],
    ["is what it was of either kind, before any kind is short", [100, 20, 20], [60, 0], [40, 0, 20]],
    ["is nothing where more was spent than it held", [100, 50, 50], [200, 1], [0, 0, 0]],
  ];
  test.each(rows)("%s", (_, held, spent, left) => {
    const after = pendingAfter(holding(...held), spending(...spent));
    expect([after.tokens, after.inputTokens, after.outputTokens]).toEqual(left);
  });

  test("is one hold still, and no call once its first part was spent", () => {
    expect(pendingAfter(holding(10, 0, 0), spending(1, 0))).toMatchObject({ calls: 0, concurrentCalls: 1 });
  });
});
