/** A load job and its result, as they pass between the processes. */

/** What one connection does over and over. */
export const CASES = [
  "hello",
  "echo",
  "allows-step",
  "consume",
  "keyed-consume",
  "reserve+commit",
  "batch-100",
  "batch-1000",
  "seed",
] as const;
export type CaseName = (typeof CASES)[number];

/** A stretch of load on one server. It goes on for `milliseconds`, or until `times` rounds of its case are done. */
export interface Job {
  readonly case: CaseName;
  /** Where the server listens on loopback. */
  readonly port: number;
  /** Sent as a bearer token. */
  readonly token: string;
  readonly connections: number;
  readonly milliseconds?: number;
  readonly times?: number;
  /** The tenants are `<tenant>-0` to `<tenant>-<tenants - 1>`, each taken as often as the others. */
  readonly tenant: string;
  readonly tenants: number;
  /** The users of each tenant, taken at random. */
  readonly users: number;
}

/** The result of a job. Every answer was the one that the case expects; a job with another one fails. */
export interface LoadResult {
  /** How many operations were answered: a batch counts as many as it has, a reserve and its commit one. */
  readonly operations: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Of one round: from the request to its answer, or from the reserve to the commit's answer. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** The generator's own share of its core, 0 to 1. Near 1, the generator is measured instead of the server. */
  readonly generatorCpu: number;
}
