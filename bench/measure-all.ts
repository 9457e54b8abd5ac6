/** Measures everything, one group after another, with all state in one directory. */
import { baseGroups, bucketGroups, bucketTenant, TENANT, TENANTS, tenantGroups } from "./groups.ts";
import type { LoadGenerator } from "./load/generator.ts";
import { type Group, type Measured, measureGroup } from "./measure.ts";
import { bytesWithMillion, bytesWithOneBucket } from "./memory.ts";
import { type Peer, startPeers } from "./peers/index.ts";
import { BUCKETS, MANY_TENANTS, MILLION, type Plan } from "./plan.ts";
import { progress } from "./progress.ts";
import type { Figures } from "./reaches.ts";
import { countRows } from "./rows-written.ts";
import { serve } from "./serve.ts";
import { configure, seed } from "./tenants.ts";

export async function measureAll(
  plan: Plan,
  withPeers: boolean,
  dir: string,
  generator: LoadGenerator,
): Promise<Figures> {
  const base = await measureBase(plan, withPeers, dir, generator);
  const sweep = await measureBuckets(plan, dir, generator);
  progress("counting rows");
  const rows = await countRows(dir, plan, generator);
  return { measured: [...base, ...sweep.measured], rows, memoryOverEmptyMb: sweep.memoryOverEmptyMb };
}

async function measureBase(plan: Plan, withPeers: boolean, dir: string, generator: LoadGenerator): Promise<Measured[]> {
  await using stack = new AsyncDisposableStack();
  const peers: Peer[] = withPeers ? await startPeers(dir) : [];
  for (const peer of peers) stack.use(peer);
  const service = stack.use(await serve(dir, "base"));
  await configure(service, TENANT);
  await seed(service, TENANT, BUCKETS, generator);
  await configure(service, TENANTS, MANY_TENANTS);
  // Awaited here: the servers stop when this returns.
  return await measureGroups([...baseGroups(service, peers, plan), ...tenantGroups(service, plan)], plan, generator);
}

async function measureBuckets(
  plan: Plan,
  dir: string,
  generator: LoadGenerator,
): Promise<Pick<Figures, "measured" | "memoryOverEmptyMb">> {
  const withMillion = plan.buckets.includes(MILLION);
  if (withMillion) progress("a million consumes on one bucket");
  const emptyBytes = withMillion ? await bytesWithOneBucket(dir, generator) : Number.NaN;
  await using service = await serve(dir, "buckets");
  for (const buckets of plan.buckets) await configure(service, bucketTenant(buckets));
  if (withMillion) progress("a million consumes on a million buckets");
  const fullBytes = withMillion ? await bytesWithMillion(service, generator) : Number.NaN;
  for (const buckets of plan.buckets) {
    // A single bucket is created by its first call; the million exist already.
    if (buckets > 1 && buckets < MILLION) await seed(service, bucketTenant(buckets), buckets, generator);
  }
  const measured = await measureGroups(bucketGroups(service, plan), plan, generator);
  return { measured, memoryOverEmptyMb: (fullBytes - emptyBytes) / 1e6 };
}

async function measureGroups(groups: readonly Group[], plan: Plan, generator: LoadGenerator): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const group of groups) measured.push(...(await measureGroup(group, plan, generator)));
  return measured;
}
