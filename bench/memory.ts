/** The memory of workerd with one bucket and with a million. */
import { bucketTenant } from "./groups.ts";
import type { LoadGenerator } from "./load/generator.ts";
import type { Job } from "./load/job.ts";
import { operationsIn } from "./load/rounds.ts";
import { MILLION, REACH_CONCURRENCY } from "./plan.ts";
import { residentBytes } from "./processes.ts";
import { type Service, serve } from "./serve.ts";
import { configure, seed } from "./tenants.ts";

/** Single calls after the batches, spread over all buckets there are. */
const CONSUMES = 5000;

/**
 * The memory of a workerd, in bytes, whose one tenant has one bucket, after a million consumes in batches and some
 * single ones: what those calls leave in memory, whatever they are about.
 */
export async function bytesWithOneBucket(dir: string, generator: LoadGenerator): Promise<number> {
  await using service = await serve(dir, "empty");
  await configure(service, bucketTenant(1));
  await generator.run({
    ...jobOn(service, 1),
    ...{ case: "batch-1000", connections: 2, times: MILLION / operationsIn("batch-1000") },
  });
  // Awaited here: workerd stops when this returns.
  return await bytesAfterConsumes(service, 1, generator);
}

/** The memory of a fresh workerd, in bytes, after the same calls on a tenant in which they create a million buckets. */
export async function bytesWithMillion(service: Service, generator: LoadGenerator): Promise<number> {
  await seed(service, bucketTenant(MILLION), MILLION, generator);
  return bytesAfterConsumes(service, MILLION, generator);
}

async function bytesAfterConsumes(service: Service, buckets: number, generator: LoadGenerator): Promise<number> {
  const consumes = { case: "consume", connections: REACH_CONCURRENCY, times: CONSUMES } as const;
  await generator.run({ ...jobOn(service, buckets), ...consumes });
  return residentBytes([service.pid]);
}

function jobOn(
  { port, token }: Service,
  buckets: number,
): Pick<Job, "port" | "token" | "tenant" | "tenants" | "users"> {
  return { port, token, tenant: bucketTenant(buckets), tenants: 1, users: buckets };
}
