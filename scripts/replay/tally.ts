/** Counts the decisions of a replay, row by row. */
import type { BudgetStatus } from "../../src/core/index.ts";
import type { Row } from "./row.ts";

/** What one limit blocked. */
export interface LimitTally {
  readonly first_row: number;
  /** RFC 3339. */
  readonly first_at: string;
  blocked: number;
}

export class Tally {
  rows = 0;
  allowed = 0;
  warned = 0;
  blocked = 0;
  readonly limits: Record<string, LimitTally> = {};
  /** How many recorded rows have an unknown cost, by model. */
  readonly unpriced: Record<string, number> = {};

  add({ row, atMs }: Row, { state, reason, limit }: BudgetStatus): void {
    this.rows += 1;
    if (state === "ok") this.allowed += 1;
    else if (state === "warn") this.warned += 1;
    else {
      this.blocked += 1;
      const name = limit ?? reason ?? "unknown";
      this.limits[name] ??= { first_row: row, first_at: new Date(atMs).toISOString(), blocked: 0 };
      this.limits[name].blocked += 1;
    }
  }

  addUnpriced({ spent: { model = "" } }: Row): void {
    this.unpriced[model] = (this.unpriced[model] ?? 0) + 1;
  }
}
