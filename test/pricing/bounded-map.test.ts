/** A cache computes each value once and discards the oldest. */
import { expect, test } from "vitest";
import { BoundedMap } from "../../src/pricing/bounded-map.ts";

test("computes a value once, also undefined, and forgets the oldest when full", () => {
  const computed: string[] = [];
  const map = new BoundedMap<string, undefined>(2);
  for (const key of ["a", "b", "a", "c", "a"]) map.getOrCompute(key, () => void computed.push(key));
  expect(computed).toEqual(["a", "b", "c", "a"]);
  expect(map.size).toBe(2);
});
