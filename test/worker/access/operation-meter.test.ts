/** Operations are counted by key, up to a maximum that refills. */
import { expect, test } from "vitest";
import { OperationMeter } from "../../../src/worker/access/operation-meter.ts";

/** Counts operations of a key, if they fit. */
function take(meter: OperationMeter, key: string, operations: number, nowMs: number): boolean {
  const isWithin = meter.isWithin(key, operations, nowMs);
  if (isWithin) meter.count(key, operations, nowMs);
  return isWithin;
}

test("a key can use its maximum at once, and then what has refilled", () => {
  const meter = new OperationMeter(100);
  expect([take(meter, "a", 60, 0), take(meter, "a", 41, 0), take(meter, "a", 40, 0)]).toEqual([true, false, true]);
  expect([take(meter, "a", 1, 99), take(meter, "a", 1, 100), take(meter, "b", 100, 100)]).toEqual([false, true, true]);
  expect([take(meter, "a", 100, 10_099), take(meter, "a", 100, 10_100)]).toEqual([false, true]);
});

test("more than the maximum never fits", () => {
  expect(take(new OperationMeter(100), "a", 101, 0)).toBe(false);
});

test("a clock that steps back makes nobody wait", () => {
  const meter = new OperationMeter(100);
  take(meter, "a", 100, 1_000_000);
  expect([take(meter, "a", 100, 0), take(meter, "a", 1, 0), take(meter, "a", 1, 100)]).toEqual([true, false, true]);
});

test("the least recently counted of too many keys is dropped", () => {
  const meter = new OperationMeter(1, 2);
  for (const key of ["a", "b", "c"]) take(meter, key, 1, 0);
  expect(["a", "b", "c"].map((key) => meter.isWithin(key, 1, 0))).toEqual([true, false, false]);
});
