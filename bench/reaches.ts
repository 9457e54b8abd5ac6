/** The targets of the measured figures, and whether each is met. */
import { bucketTenant, PRODUCT, TENANT } from "./groups.ts";
import type { CaseName } from "./load/job.ts";
import type { Measured, Sample } from "./measure.ts";
import { median } from "./median.ts";
import { REDIS_ALWAYS } from "./peers/index.ts";
import { BUCKETS, MILLION, REACH_CONCURRENCY } from "./plan.ts";
import type { RowsWritten } from "./rows-written.ts";

/** A figure that has a target, and whether it meets it. */
export interface Reach {
  readonly name: string;
  readonly value: number;
  /** The bound, such as `>= 0.85`. */
  readonly reach: string;
  readonly ok: boolean;
}

export interface Figures {
  readonly measured: readonly Measured[];
  readonly rows: readonly RowsWritten[];
  /** The memory of a workerd with a million buckets, less that of one with a single bucket, in MB; NaN: not measured. */
  readonly memoryOverEmptyMb: number;
}

/** Compares the figures with their targets; what was not measured is left out. */
export function reachesOf({ measured, rows, memoryOverEmptyMb }: Figures): Reach[] {
  const c = REACH_CONCURRENCY;
  const samplesOf = (system: string, name: CaseName, tenant = TENANT, connections = c) =>
    measured.find(
      ({ cell }) =>
        cell.system.name === system && cell.case === name && cell.tenant === tenant && cell.connections === connections,
    )?.samples;

  const consume = samplesOf(PRODUCT, "consume");
  const batch = samplesOf(PRODUCT, "batch-1000");
  const rate = (sample: Sample) => sample.perSecond;
  const p50 = (sample: Sample) => sample.p50Ms;
  const manyOverFew = (connections: number) =>
    ratio(
      samplesOf(PRODUCT, "consume", bucketTenant(MILLION), connections),
      samplesOf(PRODUCT, "consume", bucketTenant(BUCKETS), connections),
      p50,
    );
  const isConsume = (row: RowsWritten) => row.case === "consume" && row.connections === c;

  return [
    atLeast(0.85, `consume ÷ bare DO echo, c=${c}`, overFloor(consume)),
    atLeast(0.8, `reserve+commit ÷ ½ echo, c=${c}`, 2 * overFloor(samplesOf(PRODUCT, "reserve+commit"))),
    atLeast(30, `batch of 1,000: operations/s ÷ single consume, c=${c}`, ratio(batch, consume, rate)),
    atLeast(
      5,
      `batch of 1,000: operations/s ÷ ${REDIS_ALWAYS} steps/s, c=${c}`,
      ratio(batch, samplesOf(REDIS_ALWAYS, "consume"), rate),
    ),
    atMost(1.5, `rows written per consume, c=${c}`, rows.find(isConsume)?.rowsPerOperation ?? Number.NaN),
    atMost(1.2, `consume p50 with 1,000,000 buckets ÷ with 1,000, c=${c}`, manyOverFew(c)),
    atMost(1.2, "consume p50 with 1,000,000 buckets ÷ with 1,000, c=1", manyOverFew(1)),
    atMost(128, "workerd memory at 1,000,000 buckets over an empty one, MB", memoryOverEmptyMb),
  ].filter(({ value }) => !Number.isNaN(value));
}

const atLeast = (bound: number, name: string, value: number): Reach => ({
  ...{ name, value, reach: `>= ${bound}` },
  ok: value >= bound,
});
const atMost = (bound: number, name: string, value: number): Reach => ({
  ...{ name, value, reach: `<= ${bound}` },
  ok: value <= bound,
});

/** The median over the rounds of a figure's ratio to another's of the same round. */
function ratio(
  over: readonly Sample[] | undefined,
  under: readonly Sample[] | undefined,
  figure: (sample: Sample) => number,
): number {
  if (!over || !under) return Number.NaN;
  return median(over.map((sample, i) => figure(sample) / figure(under[i] as Sample)));
}

function overFloor(samples: readonly Sample[] | undefined): number {
  return samples ? median(samples.map((sample) => sample.overFloor ?? Number.NaN)) : Number.NaN;
}
