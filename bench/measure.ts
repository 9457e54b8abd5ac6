/** Measures systems in alternating slices of load, so that disturbances affect them all. */
import type { LoadGenerator } from "./load/generator.ts";
import type { CaseName, Job, LoadResult } from "./load/job.ts";
import { median } from "./median.ts";
import { cpuSeconds, residentBytes } from "./processes.ts";
import { progress } from "./progress.ts";

/** What is measured: a server that answers on a port of loopback, and its processes. */
export interface System {
  readonly name: string;
  readonly port: number;
  readonly pids: readonly number[];
  readonly token: string;
}

/** One line of the table: a case on a system, under some load. */
export interface Cell {
  readonly system: System;
  readonly case: CaseName;
  readonly connections: number;
  readonly tenant: string;
  readonly tenants: number;
  /** In all: the tenants' users together. */
  readonly buckets: number;
}

/** The figures of one slice. */
export interface Sample extends LoadResult {
  readonly perSecond: number;
  /** The CPU time of the system's processes, per operation. */
  readonly cpuMicroseconds: number;
  /** The memory of the system's processes after the slice. */
  readonly residentBytes: number;
  /** This rate over that of the floor just before and just after it; null if it has no floor. */
  readonly overFloor: number | null;
}

/** A cell with its samples, one a round; those of one round were taken within seconds of each other. */
export interface Measured {
  /** The title of its group. */
  readonly group: string;
  readonly cell: Cell;
  readonly samples: readonly Sample[];
}

/** Cells that are measured together, in turns, so that what disturbs the machine disturbs them all. */
export interface Group {
  readonly title: string;
  readonly cells: readonly Cell[];
  /** Measured between every two cells. */
  readonly floor: Cell;
  readonly rounds: number;
}

/** How long a cell is driven, unmeasured, before the first round, and by how many connections at most. */
const WARM_UP_MS = 150;
const WARM_UP_CONNECTIONS = 8;
/** How often each tenant is called before that, on average: its object has to be made first. */
const WARM_UP_CALLS = 10;

/** Measures a group: in each round floor, cell, floor, cell, …, floor. */
export async function measureGroup(
  { title, cells, floor, rounds }: Group,
  { sliceMs, floorMs }: { readonly sliceMs: number; readonly floorMs: number },
  generator: LoadGenerator,
): Promise<Measured[]> {
  const ofFloor: Sample[] = [];
  const ofCells = new Map<Cell, Sample[]>(cells.map((cell) => [cell, []]));
  for (const cell of [floor, ...cells]) await warmUp(cell, generator);
  for (let round = 0; round < rounds; round += 1) {
    progress(`${title}, round ${round + 1} of ${rounds}`);
    let before = await measureSlice(floor, floorMs, generator);
    const floors = [before];
    for (const [cell, samples] of ofCells) {
      const sample = await measureSlice(cell, sliceMs, generator);
      const after = await measureSlice(floor, floorMs, generator);
      samples.push({ ...sample, overFloor: (2 * sample.perSecond) / (before.perSecond + after.perSecond) });
      floors.push(after);
      before = after;
    }
    ofFloor.push(middleOf(floors));
  }
  ofCells.set(floor, ofFloor);
  return [...cells, floor].map((cell) => ({ group: title, cell, samples: ofCells.get(cell) ?? [] }));
}

/** The median of each figure by itself. */
export function middleOf(samples: readonly Sample[]): Sample {
  const middle = (figure: (sample: Sample) => number) => median(samples.map(figure));
  const overFloor = samples.map((sample) => sample.overFloor).filter((ratio) => ratio !== null);
  return {
    operations: middle((s) => s.operations),
    seconds: middle((s) => s.seconds),
    perSecond: middle((s) => s.perSecond),
    p50Ms: middle((s) => s.p50Ms),
    p95Ms: middle((s) => s.p95Ms),
    p99Ms: middle((s) => s.p99Ms),
    generatorCpu: middle((s) => s.generatorCpu),
    cpuMicroseconds: middle((s) => s.cpuMicroseconds),
    residentBytes: middle((s) => s.residentBytes),
    overFloor: overFloor.length === 0 ? null : median(overFloor),
  };
}

async function warmUp(cell: Cell, generator: LoadGenerator): Promise<void> {
  const job = jobOf({ ...cell, connections: Math.min(cell.connections, WARM_UP_CONNECTIONS) });
  if (cell.tenants > 1) await generator.run({ ...job, times: WARM_UP_CALLS * cell.tenants });
  await generator.run({ ...job, milliseconds: WARM_UP_MS });
}

async function measureSlice(cell: Cell, milliseconds: number, generator: LoadGenerator): Promise<Sample> {
  const { pids } = cell.system;
  const cpuBefore = cpuSeconds(pids);
  const result = await generator.run({ ...jobOf(cell), milliseconds });
  return {
    ...result,
    perSecond: result.operations / result.seconds,
    cpuMicroseconds: (1e6 * (cpuSeconds(pids) - cpuBefore)) / result.operations,
    residentBytes: residentBytes(pids),
    overFloor: null,
  };
}

function jobOf({ system, case: name, connections, tenant, tenants, buckets }: Cell): Job {
  const { port, token } = system;
  return { case: name, port, token, connections, tenant, tenants, users: Math.ceil(buckets / tenants) };
}
