/** How much a process's resident memory grows while some work runs. */
import { readFileSync, writeFileSync } from "node:fs";

/** proc_pid_clear_refs(5): resets the peak of the resident set. */
const RESET_PEAK = "5";

/** Returns the growth at the peak, in megabytes. */
export async function growthDuring(pid: number, work: () => Promise<unknown>): Promise<number> {
  writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK);
  const before = kilobytesOf(pid, "VmRSS");
  await work();
  return (kilobytesOf(pid, "VmHWM") - before) / 1024;
}

function kilobytesOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  const [, kilobytes] =
    new RegExp(`^${field}:\\s*(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes);
}
