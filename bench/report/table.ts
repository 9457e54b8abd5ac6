/** Prints results for people: the lines of each group, costs and targets. */
import type { Cost } from "../cost.ts";
import type { Reach } from "../reaches.ts";
import type { Results } from "./results.ts";
import type { Row } from "./rows.ts";

export function printResults({ machine, rows, reaches, costs }: Results): string {
  const { cpu, cores, memory_gb, os, node, load, fsync_ms } = machine;
  const groups = [...Map.groupBy(rows, ({ group }) => group)];
  const sections = [
    `${cpu}, ${cores} cores, ${memory_gb} GB, ${os}, Node ${node}\n` +
      `load average ${load.toFixed(2)} before the run; syncing a page to disk takes ${fsync_ms.toFixed(2)} ms`,
    ...groups.map(([title, lines]) => `${title}\n${printRows(lines)}`),
    `USD per million steps\n${printCosts(costs)}`,
    `targets\n${printReaches(reaches)}`,
  ];
  return sections.join("\n\n");
}

const count = (value: number) => Math.round(value).toLocaleString("en-US");
const fixed = (digits: number) => (value: number | null) => (value === null ? "" : value.toFixed(digits));

function printRows(rows: readonly Row[]): string {
  const head = ["", "buckets", "op/s", "÷ echo", "p50 ms", "p95 ms", "p99 ms", "CPU µs/op", "rows/op", "RSS MB"];
  const lines = rows.map((row) => [
    `${row.system} ${row.case}`,
    count(row.buckets),
    count(row.per_second),
    fixed(2)(row.over_echo),
    ...[row.p50_ms, row.p95_ms, row.p99_ms].map(fixed(2)),
    fixed(0)(row.cpu_us),
    fixed(2)(row.rows_written),
    fixed(0)(row.rss_mb),
  ]);
  return table([head, ...lines]);
}

function printCosts(costs: readonly Cost[]): string {
  const head = ["", "Worker requests", "Worker CPU", "object requests", "object duration", "rows written", "total"];
  const lines = costs.map(({ way, ...usd }) => [
    way,
    ...[usd.worker_requests, usd.worker_cpu, usd.object_requests, usd.object_duration, usd.rows_written].map(fixed(3)),
    fixed(3)(usd.total),
  ]);
  return table([head, ...lines]);
}

function printReaches(reaches: readonly Reach[]): string {
  return table(reaches.map(({ name, value, reach, ok }) => [name, value.toFixed(2), reach, ok ? "met" : "missed"]));
}

/** Lines cells up: the first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const cell = (text: string, i: number) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0));
  return rows.map((row) => `  ${row.map(cell).join("  ").trimEnd()}`).join("\n");
}
