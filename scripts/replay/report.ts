/** Prints the result of a replay, as JSON or as a table. */
import type { ReplayedBudget } from "./replayed-budget.ts";
import type { Tally } from "./tally.ts";

type Totals = Awaited<ReturnType<ReplayedBudget["totals"]>>;

/** Prints a result for a program. */
export function printJson({ rows, allowed, warned, blocked, limits, unpriced }: Tally, totals: Totals): string {
  const { tokens_in, tokens_out, cost_usd } = totals;
  return JSON.stringify({
    ...{ rows, allowed, warned, blocked, limits, unpriced },
    totals: { tokens_in, tokens_out, cost_usd },
  });
}

/** Prints a result for a person. */
export function printTable(tally: Tally, totals: Totals): string {
  const count = (n: number) => n.toLocaleString("en-US");
  const share = (n: number) => (tally.rows === 0 ? "" : `${((100 * n) / tally.rows).toFixed(1)} %`);
  const sections = [
    table([
      ["rows", count(tally.rows), ""],
      ["allowed", count(tally.allowed), share(tally.allowed)],
      ["warned", count(tally.warned), share(tally.warned)],
      ["blocked", count(tally.blocked), share(tally.blocked)],
    ]),
    table([
      ["tokens in", count(totals.tokens_in)],
      ["tokens out", count(totals.tokens_out)],
      ["cost", `${totals.cost_usd} USD`],
    ]),
  ];
  const limits = Object.entries(tally.limits);
  if (limits.length > 0) {
    const rows = limits.map(([name, limit]) => [name, count(limit.first_row), limit.first_at, count(limit.blocked)]);
    sections.splice(1, 0, table([["limit", "first row", "at", "rows blocked"], ...rows]));
  }
  const unpriced = Object.entries(tally.unpriced).map(([model, rows]) => [model, count(rows)]);
  if (unpriced.length > 0) sections.push(table([["models without a price", "rows"], ...unpriced]));
  return sections.join("\n\n");
}

/** Lines cells up: the first column to the left, figures to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const cell = (text: string, i: number) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0));
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}
