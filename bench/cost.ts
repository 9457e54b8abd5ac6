/** What a million steps cost on Cloudflare, from measured CPU, duration and rows. */
import { PRODUCT, TENANT } from "./groups.ts";
import type { CaseName } from "./load/job.ts";
import { operationsIn } from "./load/rounds.ts";
import { type Measured, middleOf } from "./measure.ts";
import { MILLION } from "./plan.ts";
import type { RowsWritten } from "./rows-written.ts";

/**
 * USD beyond the paid plan's allowance, from Cloudflare's price lists:
 * https://developers.cloudflare.com/workers/platform/pricing/
 * https://developers.cloudflare.com/durable-objects/platform/pricing/
 */
const WORKER_REQUEST_USD = 0.3e-6;
const WORKER_CPU_MILLISECOND_USD = 0.02e-6;
const OBJECT_REQUEST_USD = 0.15e-6;
const OBJECT_GIGABYTE_SECOND_USD = 12.5e-6;
const ROW_WRITTEN_USD = 1e-6;
/** An object is billed for this much memory, whatever it uses. */
const OBJECT_GIGABYTES = 0.128;

/** What a million steps cost in USD, by one way of calling. */
export interface Cost {
  readonly way: string;
  readonly worker_requests: number;
  readonly worker_cpu: number;
  readonly object_requests: number;
  readonly object_duration: number;
  readonly rows_written: number;
  readonly total: number;
}

interface Way {
  readonly way: string;
  readonly case: CaseName;
  readonly connections: number;
  /** Requests for a step that the service's Worker is billed for, and that the object is. */
  readonly workerRequests: number;
  readonly objectRequests: number;
}

const WAYS: readonly Way[] = [1, 32].flatMap((connections) => {
  const many = connections === 1 ? "one at a time" : `${connections} at once`;
  const of = (name: CaseName) => ({ case: name, connections });
  const batched = (name: CaseName) => ({
    ...of(name),
    workerRequests: 1 / operationsIn(name),
    objectRequests: 1 / operationsIn(name),
  });
  return [
    { way: `HTTP, consume, ${many}`, ...of("consume"), workerRequests: 1, objectRequests: 1 },
    { way: `HTTP, reserve and commit, ${many}`, ...of("reserve+commit"), workerRequests: 2, objectRequests: 2 },
    { way: `HTTP, batches of 100, ${many}`, ...batched("batch-100") },
    { way: `HTTP, batches of 1,000, ${many}`, ...batched("batch-1000") },
    // A request from one Worker to another is not billed (the price list's footnote on subrequests).
    { way: `service binding, consume, ${many}`, ...of("consume"), workerRequests: 0, objectRequests: 1 },
  ];
});

/**
 * Prices each way of calling that was measured. CPU and duration are measured on this machine and are an upper
 * bound: all CPU of workerd counts as the Worker's, and all time that a step took as the object's.
 */
export function costsOf(measured: readonly Measured[], rows: readonly RowsWritten[]): Cost[] {
  return WAYS.flatMap(({ way, workerRequests, objectRequests, ...of }) => {
    const isOf = (each: { readonly case: CaseName; readonly connections: number }) =>
      each.case === of.case && each.connections === of.connections;
    const samples = measured.find(
      ({ cell }) => isOf(cell) && cell.system.name === PRODUCT && cell.tenant === TENANT,
    )?.samples;
    const written = rows.find(isOf);
    if (!samples || !written) return [];
    const { cpuMicroseconds, perSecond } = middleOf(samples);
    const parts = {
      worker_requests: MILLION * workerRequests * WORKER_REQUEST_USD,
      worker_cpu: MILLION * (cpuMicroseconds / 1000) * WORKER_CPU_MILLISECOND_USD,
      object_requests: MILLION * objectRequests * OBJECT_REQUEST_USD,
      object_duration: (MILLION / perSecond) * OBJECT_GIGABYTES * OBJECT_GIGABYTE_SECOND_USD,
      rows_written: MILLION * written.rowsPerOperation * ROW_WRITTEN_USD,
    };
    return [{ way, ...parts, total: Object.values(parts).reduce((sum, usd) => sum + usd, 0) }];
  });
}
