import type { Machine } from "../machine.ts";
import { progress } from "../progress.ts";
import type { Figure, Line, Stage } from "./line.ts";

/** All that a run came to, as `results/growth.json` keeps it. */
export interface Growth {
  readonly machine: Machine;
  /** RFC 3339: when the run began. */
  readonly at: string;
  readonly rows: readonly Row[];
}

/** One operation of a line at every size. */
export interface Row {
  readonly line: string;
  /** What grows. */
  readonly grows: string;
  readonly operation: string;
  readonly unit: Figure["unit"];
  readonly values: readonly { readonly size: number; readonly value: number }[];
}

/** Measures a line at each of its sizes, one after another. */
export async function rowsOf(line: Line, stage: Stage): Promise<Row[]> {
  const measured: (Figure & { readonly size: number })[] = [];
  for (const size of line.sizes) {
    progress(`${line.name}: ${size.toLocaleString("en-US")} ${line.grows}`);
    for (const figure of await line.measure(stage, size)) measured.push({ ...figure, size });
  }
  return [...Map.groupBy(measured, ({ operation }) => operation)].map(([operation, figures]) => ({
    ...{ line: line.name, grows: line.grows, operation },
    unit: figures[0]?.unit ?? "ms",
    values: figures.map(({ size, value }) => ({ size, value })),
  }));
}
