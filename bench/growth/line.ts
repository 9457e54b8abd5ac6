/** The parts of the growth benchmark, and the figures that they report. */
import type { Service } from "../serve.ts";

/** What a line measures in: a directory for the state of its services. */
export interface Stage {
  /** Starts a service. The same name finds the same state again. */
  serve(name: string, module?: "product" | "clocked"): Promise<Service>;
}

/** A figure of one operation at one size. */
export interface Figure {
  /** What was measured, such as "PUT config". */
  readonly operation: string;
  readonly unit: "ms" | "MB" | "kB";
  readonly value: number;
  /** What it should be at most, at every size. */
  readonly target?: number | undefined;
}

/** A part of the benchmark: some operations, measured while one thing grows. */
export interface Line {
  readonly name: string;
  /** What grows. */
  readonly grows: string;
  readonly sizes: readonly number[];
  /** Builds a state of that size in services of its own, and measures it. */
  measure(stage: Stage, size: number): Promise<readonly Figure[]>;
}
