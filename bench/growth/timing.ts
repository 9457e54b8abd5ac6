/** Times calls one after another and summarizes their latencies. */
import { median } from "../median.ts";
import type { Figure } from "./line.ts";

/** Runs calls one after another and returns how long each took, in milliseconds. */
export async function timeEach(times: number, call: (index: number) => Promise<unknown>): Promise<number[]> {
  const durations: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const startMs = performance.now();
    await call(i);
    durations.push(performance.now() - startMs);
  }
  return durations;
}

/** The median, the 99th percentile and the maximum of some durations, in milliseconds, as is the target of each. */
export function latencies(operation: string, durations: readonly number[], target?: number): Figure[] {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return [
    { operation: `${operation}, p50`, unit: "ms", value: median(sorted), target },
    { operation: `${operation}, p99`, unit: "ms", value: at(0.99), target },
    { operation: `${operation}, longest`, unit: "ms", value: at(1), target },
  ];
}
