/** The load generator's own process: each message is a job, each reply its result. */
import { createHistogram } from "node:perf_hooks";
import { Connection } from "./connection.ts";
import type { Job, LoadResult } from "./job.ts";
import { operationsIn, roundOf } from "./rounds.ts";

/** What goes back for a job. */
export type Reply = { readonly result: LoadResult } | { readonly error: string };

process.on("message", async (job: Job) => {
  const reply: Reply = await run(job).then(
    (result) => ({ result }),
    (error: Error) => ({ error: `${job.case}: ${error.message}` }),
  );
  process.send?.(reply);
});

async function run(job: Job): Promise<LoadResult> {
  const round = roundOf(job);
  const connections = await Promise.all(Array.from({ length: job.connections }, () => Connection.open(job.port)));
  const microseconds = createHistogram();
  const { milliseconds = Number.POSITIVE_INFINITY, times = Number.POSITIVE_INFINITY } = job;
  let begun = 0;
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();

  // Requests in flight when the time is up are awaited, so that no load is left over for the next job.
  const drive = async (connection: Connection) => {
    for (let sentMs = startMs; sentMs < startMs + milliseconds && begun < times; ) {
      begun += 1;
      await round(connection, begun - 1);
      const nowMs = performance.now();
      microseconds.record(Math.max(1, Math.round((nowMs - sentMs) * 1000)));
      sentMs = nowMs;
    }
  };
  try {
    await Promise.all(connections.map(drive));
  } finally {
    for (const connection of connections) connection.close();
  }

  const seconds = (performance.now() - startMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const percentileMs = (percent: number) => microseconds.percentile(percent) / 1000;
  return {
    operations: microseconds.count * operationsIn(job.case),
    seconds,
    p50Ms: percentileMs(50),
    p95Ms: percentileMs(95),
    p99Ms: percentileMs(99),
    generatorCpu: (cpu.user + cpu.system) / 1e6 / seconds,
  };
}
