/** Summarizes measurements, one line for each case under some load. */
import { PRODUCT, TENANT } from "../groups.ts";
import { type Measured, middleOf } from "../measure.ts";
import type { RowsWritten } from "../rows-written.ts";

/** A line of the results. Figures are the medians over the rounds, each by itself. */
export interface Row {
  /** What was measured in turns with it. */
  readonly group: string;
  readonly system: string;
  readonly case: string;
  readonly tenants: number;
  /** The tenants' users together. */
  readonly buckets: number;
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** Operations per second: a batch counts as many as it has, a reserve and its commit count as one. */
  readonly per_second: number;
  /** `per_second` over that of the bare echo just before and after; null of the echo itself. */
  readonly over_echo: number | null;
  /** Of a request, or of a reserve and its commit together. */
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  /** CPU time of the system's processes per operation. */
  readonly cpu_us: number;
  /** Share of its core that the load generator took. */
  readonly generator_cpu: number;
  /** Memory of the system's processes. */
  readonly rss_mb: number;
  /** Per operation; null if they were not counted. */
  readonly rows_written: number | null;
  readonly rounds: number;
}

export function rowsOf(measured: readonly Measured[], counted: readonly RowsWritten[]): Row[] {
  return measured.map(({ group, cell, samples }) => {
    const middle = middleOf(samples);
    const isCounted = cell.system.name === PRODUCT && cell.tenant === TENANT;
    const written = counted.find((row) => row.case === cell.case && row.connections === cell.connections);
    return {
      group,
      system: cell.system.name,
      case: cell.case,
      tenants: cell.tenants,
      buckets: cell.buckets,
      concurrency: cell.connections,
      per_second: round(middle.perSecond, 1),
      over_echo: middle.overFloor === null ? null : round(middle.overFloor, 3),
      p50_ms: round(middle.p50Ms, 3),
      p95_ms: round(middle.p95Ms, 3),
      p99_ms: round(middle.p99Ms, 3),
      cpu_us: round(middle.cpuMicroseconds, 1),
      generator_cpu: round(middle.generatorCpu, 2),
      rss_mb: round(middle.residentBytes / 1e6, 1),
      rows_written: isCounted && written ? round(written.rowsPerOperation, 3) : null,
      rounds: samples.length,
    };
  });
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
