/** Measures a line of the growth benchmark into rows that can be saved. */
import type { Machine } from "../machine.ts";
import { progress } from "../progress.ts";
import type { Figure, Line, Stage } from "./line.ts";

/** The last figures of every line, as `results/growth.json` keeps them. */
export interface Growth {
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

/** One operation of a line at every size. */
export interface Row {
  readonly line: string;
  /** RFC 3339: when the line was measured. */
  readonly at: string;
  /** What grows. */
  readonly grows: string;
  readonly operation: string;
  readonly unit: Figure["unit"];
  /** What each value should be at most; absent if there is no target. */
  readonly target?: number | undefined;
  readonly values: readonly { readonly size: number; readonly value: number }[];
}

/** Measures a line at each of its sizes, one after another. */
export async function rowsOf(line: Line, stage: Stage): Promise<Row[]> {
  const at = new Date().toISOString();
  const measured: (Figure & { readonly size: number })[] = [];
  for (const size of line.sizes) {
    progress(`${line.name}: ${size.toLocaleString("en-US")} ${line.grows}`);
    for (const figure of await line.measure(stage, size)) measured.push({ ...figure, size });
  }
  return [...Map.groupBy(measured, ({ operation }) => operation)].map(([operation, figures]) => ({
    ...{ line: line.name, at, grows: line.grows, operation },
    unit: figures[0]?.unit ?? "ms",
    target: figures[0]?.target,
    values: figures.map(({ size, value }) => ({ size, value })),
  }));
}
