/** The hardware, disk and load of the host that figures were measured on. */
import { closeSync, fdatasyncSync, openSync, statfsSync, writeSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { median } from "./median.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gb: number;
  readonly os: string;
  readonly node: string;
  /** How busy it was before the bench began: how many processes wanted a core, over the last minute. */
  readonly load: number;
  /** How long the disk takes to sync a page, which is what a durable commit waits for. */
  readonly fsync_ms: number;
}

const PAGE = Buffer.alloc(4096, 1);
const SYNCS = 50;
/** statfs(2): a file system in memory. */
const TMPFS = 0x01021994;

/** Describes the machine, and the disk that a directory is on. */
export function describeMachine(dir: string): Machine {
  if (statfsSync(dir).type === TMPFS) {
    console.error(`${dir} is in memory, where a durable write costs nothing: set TMPDIR to a directory on a disk`);
  }
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? "unknown",
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 2 ** 30),
    os: `${process.platform} ${release()}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
    fsync_ms: fsyncMs(join(dir, "fsync")),
  };
}

function fsyncMs(path: string): number {
  const file = openSync(path, "w");
  const durations = Array.from({ length: SYNCS }, () => {
    const startMs = performance.now();
    writeSync(file, PAGE);
    fdatasyncSync(file);
    return performance.now() - startMs;
  });
  closeSync(file);
  return median(durations);
}
