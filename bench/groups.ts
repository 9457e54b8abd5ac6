/** The groups that are measured: one tenant, many tenants, and ever more buckets. */
import { operationsIn } from "./load/rounds.ts";
import type { Cell, Group, System } from "./measure.ts";
import type { Peer } from "./peers/index.ts";
import { BUCKETS, MANY_TENANTS, type Plan, PRODUCT_CASES, type ProductCase } from "./plan.ts";
import type { Service } from "./serve.ts";

export const PRODUCT = "edge-budget";
export const FLOOR = "floor";
/** A Worker that only stores a row for each call. */
export const STORE = "store";
/** The tenant's object, called as the floor calls its echo. */
export const OBJECT = "object";
/** The service, asked by another Worker through a service binding. */
export const BY_RPC = "edge-budget by RPC";

/** Tenants of one and the same service: a name for each load, so that none finds another's totals. */
export const TENANT = "one";
export const TENANTS = "many";
export const bucketTenant = (buckets: number) => `buckets-${buckets}`;

/** One tenant, a thousand buckets, every case, and the peers beside it. */
export function baseGroups(service: Service, peers: readonly Peer[], plan: Plan): Group[] {
  const { product, store, object, byRpc, floor } = systemsOf(service);
  const load = { tenant: TENANT, tenants: 1, buckets: BUCKETS };
  return [...plan.rounds].map(([connections, rounds]) => ({
    title: `one tenant, ${connections} at once`,
    floor: { system: floor, case: "echo", connections, ...load },
    cells: [
      { system: floor, case: "hello", connections, ...load },
      ...PRODUCT_CASES.filter((name) => operationsIn(name) * connections <= plan.maxInFlight).map(
        (name): Cell => ({ system: product, case: name, connections, ...load }),
      ),
      { system: store, case: "consume", connections, ...load },
      ...plan.objectCases.map((name): Cell => ({ system: object, case: name, connections, ...load })),
      ...plan.rpcCases.map((name): Cell => ({ system: byRpc, case: name, connections, ...load })),
      ...peers.map((peer): Cell => ({ system: { ...peer, token: "" }, case: "consume", connections, ...load })),
    ],
    rounds,
  }));
}

/** The same buckets, spread over many tenants. */
export function tenantGroups(service: Service, plan: Plan): Group[] {
  const { product, floor } = systemsOf(service);
  const load = { tenant: TENANTS, tenants: MANY_TENANTS, buckets: BUCKETS };
  return [...plan.sweepRounds].map(([connections, rounds]) => ({
    title: `${MANY_TENANTS} tenants, ${connections} at once`,
    floor: { system: floor, case: "echo", connections, ...load },
    cells: sweepCases(plan, connections).map((name): Cell => ({ system: product, case: name, connections, ...load })),
    rounds,
  }));
}

/** Tenants that differ in how many buckets they have. */
export function bucketGroups(service: Service, plan: Plan): Group[] {
  const { product, floor } = systemsOf(service);
  return [...plan.sweepRounds].map(([connections, rounds]) => ({
    title: `1 to ${plan.buckets.at(-1)?.toLocaleString("en-US")} buckets, ${connections} at once`,
    floor: { system: floor, case: "echo", connections, tenant: "floor", tenants: 1, buckets: BUCKETS },
    // Case by case, so that those whose ratio matters are measured next to each other.
    cells: sweepCases(plan, connections).flatMap((name) =>
      plan.buckets.map(
        (buckets): Cell => ({
          ...{ system: product, case: name, connections },
          ...{ tenant: bucketTenant(buckets), tenants: 1, buckets },
        }),
      ),
    ),
    rounds,
  }));
}

function sweepCases(plan: Plan, connections: number): ProductCase[] {
  return plan.sweepCases.filter((name) => operationsIn(name) * connections <= plan.sweepMaxInFlight);
}

function systemsOf({ pid, port, floorPort, storePort, objectPort, agentPort, token }: Service) {
  const pids = [pid];
  return {
    product: { name: PRODUCT, port, pids, token },
    store: { name: STORE, port: storePort, pids, token },
    object: { name: OBJECT, port: objectPort, pids, token },
    byRpc: { name: BY_RPC, port: agentPort, pids, token },
    floor: { name: FLOOR, port: floorPort, pids, token },
  } satisfies Record<string, System>;
}
