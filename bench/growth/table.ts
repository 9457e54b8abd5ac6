/** Prints growth figures as Markdown, with a table for each line. */
import type { Row } from "./rows.ts";

export function printGrowth(rows: readonly Row[]): string {
  return [...Map.groupBy(rows, ({ line }) => line)].map(([line, some]) => printLine(line, some)).join("\n\n");
}

function printLine(line: string, rows: readonly Row[]): string {
  const sizes = rows[0]?.values.map(({ size }) => size.toLocaleString("en-US")) ?? [];
  const head = [`${line}: ${rows[0]?.grows}`, ...sizes, "target"];
  const lines = rows.map(({ operation, unit, target, values }) => [
    `${operation} (${unit})`,
    ...values.map(({ value }) => printValue(value)),
    target === undefined ? "" : `≤ ${target}`,
  ]);
  return [head, ["---", ...sizes.map(() => "---:"), "---:"], ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function printValue(value: number): string {
  return value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString("en-US");
}
