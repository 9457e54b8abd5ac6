/** Every part of a usage is combined, stored and reported. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addUsage,
  mapUsage,
  NO_USAGE,
  newBucket,
  partsBeyondWhole,
  TENANT_KEY,
  totalAfter,
  totalsOf,
  USAGE_PARTS,
  type Usage,
  usageOf,
} from "../../src/core/index.ts";
import { TOTALS, totalsFromRow, totalsOfBucket } from "../../src/tenant/store/bucket-rows.ts";
import { usageFromList, usageList } from "../../src/tenant/store/usage-list.ts";

const PARTS = USAGE_PARTS.map(({ part }) => part);

const usages = fc
  .tuple(...USAGE_PARTS.map(() => fc.nat()))
  .map((amounts) => Object.fromEntries(PARTS.map((part, i) => [part, amounts[i]])) as Usage);

describe("every part of a usage", () => {
  test("is zero in no usage", () => {
    expect(NO_USAGE).toEqual(Object.fromEntries(PARTS.map((part) => [part, 0])));
  });

  test("is combined with itself", () => {
    fc.assert(
      fc.property(usages, usages, (a, b) => {
        expect(mapUsage(a, b, (x, y) => x * 3 + y)).toEqual(
          Object.fromEntries(PARTS.map((part) => [part, a[part] * 3 + b[part]])),
        );
      }),
    );
  });

  test("is added to its total, from zero up to its whole", () => {
    fc.assert(
      fc.property(usages, usages, (a, b) => {
        const after = totalAfter(a, b);
        for (const { part, of } of USAGE_PARTS) {
          const sum = addUsage(a, b)[part];
          if (part === "unpricedTokens") continue;
          if (of === null) expect(after[part]).toBe(sum);
          else expect(after[part]).toBeLessThanOrEqual(Math.min(sum, after[of]));
        }
        expect(after.unpricedTokens).toBe(
          Math.min(a.unpricedTokens + b.unpricedTokens, after.inputTokens + after.outputTokens),
        );
        expect(after.cacheReadInputTokens + after.cacheWriteInputTokens).toBeLessThanOrEqual(after.inputTokens);
      }),
    );
  });

  test("has its place in stored lists, and its column in the rows of buckets", () => {
    fc.assert(
      fc.property(usages, (usage) => {
        expect(usageList(usage)).toEqual(PARTS.map((part) => usage[part]));
        expect(usageFromList(usageList(usage))).toEqual(usage);
        const bucket = { ...newBucket(TENANT_KEY, 3, 1000), usage };
        const values = totalsOfBucket(bucket);
        const row = Object.fromEntries(TOTALS.map((column, i) => [column, values[i]]));
        for (const { part, column } of USAGE_PARTS) expect(row[column]).toBe(usage[part]);
        const { startedAtMs, counters, generation } = bucket;
        expect(totalsFromRow(row as Parameters<typeof totalsFromRow>[0])).toEqual({
          usage,
          startedAtMs,
          counters,
          generation,
        });
      }),
    );
  });

  test("has its field in totals", () => {
    fc.assert(
      fc.property(usages, (usage) => {
        const totals = totalsOf(usage);
        expect(Object.keys(totals).sort()).toEqual(["tokens_total", ...USAGE_PARTS.map(({ field }) => field)].sort());
        for (const { part, field, unit } of USAGE_PARTS) {
          expect(totals[field]).toBe(unit === "USD" ? usage[part] / 1e9 : usage[part]);
        }
      }),
    );
  });
});

test("a consumption is converted field by field, as one call", () => {
  expect(
    usageOf({ tokens_in: 5, tokens_out: 4, cost_usd: 0.5, cache_read_input_tokens: 3, reasoning_output_tokens: 2 }),
  ).toEqual({
    inputTokens: 5,
    outputTokens: 4,
    costNanoUsd: 500_000_000,
    calls: 1,
    cacheReadInputTokens: 3,
    cacheWriteInputTokens: 0,
    reasoningOutputTokens: 2,
    unpricedCalls: 0,
    unpricedTokens: 0,
  });
});

test.each([
  [{ tokens_in: 5, cache_read_input_tokens: 6 }, "cache_read_input_tokens"],
  [{ tokens_in: 5, cache_read_input_tokens: 3, cache_write_input_tokens: 3 }, "cache_write_input_tokens"],
  [{ tokens_in: 6, cache_read_input_tokens: 3, cache_write_input_tokens: 3 }, undefined],
  [{ tokens_out: 5, reasoning_output_tokens: 6 }, "reasoning_output_tokens"],
  [{ reasoning_output_tokens: 0 }, undefined],
])("of %o, the part beyond its whole is %s", (spent, field) => {
  expect(partsBeyondWhole(spent)[0]?.field).toBe(field);
});
