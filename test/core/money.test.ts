/** Amounts in nano-USD are exact, on the wire and in sums. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { NANO_PER_USD, nanoFromUsd, usdFromNano } from "../../src/core/index.ts";
import { cases } from "../cases.ts";

test("every amount in nano-USD below 2^23 USD round-trips over the wire", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 23 * NANO_PER_USD - 1 }), (nano) => {
      expect(nanoFromUsd(usdFromNano(nano))).toBe(nano);
    }),
    { numRuns: cases(100) },
  );
});

test("ten dimes are a dollar", () => {
  expect(Array.from({ length: 10 }, () => nanoFromUsd(0.1)).reduce((a, b) => a + b)).toBe(NANO_PER_USD);
});

test("a credit takes back what the same debit added, halves too", () => {
  for (const usd of [0.0000000005, 0.0000000015, 1.25, 7199.254740991])
    expect(nanoFromUsd(-usd)).toBe(-nanoFromUsd(usd));
});
