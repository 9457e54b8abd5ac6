/** What a run found, as saved in `results/latest.json`. */
import type { Cost } from "../cost.ts";
import type { Machine } from "../machine.ts";
import type { Reach } from "../reaches.ts";
import type { Row } from "./rows.ts";

export interface Results {
  readonly machine: Machine;
  /** RFC 3339: when the run began. */
  readonly at: string;
  /** Whether it was a quick run: shorter slices, fewer rounds. */
  readonly quick: boolean;
  readonly rows: readonly Row[];
  readonly reaches: readonly Reach[];
  /** USD per million steps. */
  readonly costs: readonly Cost[];
}
