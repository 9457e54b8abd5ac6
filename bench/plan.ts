/** How much is measured in a full run and in a quick one. */
import type { CaseName } from "./load/job.ts";

export interface Plan {
  /** How long each slice of load lasts. */
  readonly sliceMs: number;
  /** How long each slice of the floor lasts, between two others. */
  readonly floorMs: number;
  /** Concurrency → how often each slice is measured at it; the medians count. */
  readonly rounds: ReadonlyMap<number, number>;
  /** The same, for many tenants and for many buckets. */
  readonly sweepRounds: ReadonlyMap<number, number>;
  /** The cases that the object is asked with nothing between. */
  readonly objectCases: readonly ProductCase[];
  /** The cases that another Worker asks through a service binding. */
  readonly rpcCases: readonly ProductCase[];
  /** The concurrencies at which rows are counted. */
  readonly counted: readonly number[];
  /** The cases that are measured for many tenants and for many buckets. */
  readonly sweepCases: readonly ProductCase[];
  /** How many buckets tenants have that differ in that. */
  readonly buckets: readonly number[];
  /** The most operations in flight at once, since those of many large batches take seconds to answer. */
  readonly maxInFlight: number;
  /** The same, for many tenants and for many buckets. */
  readonly sweepMaxInFlight: number;
}

/** What an agent may call, from the cheapest to the largest. */
export const PRODUCT_CASES = [
  "allows-step",
  "consume",
  "keyed-consume",
  "reserve+commit",
  "batch-100",
  "batch-1000",
] as const satisfies readonly CaseName[];
export type ProductCase = (typeof PRODUCT_CASES)[number];

export const MILLION = 1_000_000;
/** The concurrency of the targets. */
export const REACH_CONCURRENCY = 32;
/** Total buckets by default: users of one tenant, or of many together. */
export const BUCKETS = 1000;
export const MANY_TENANTS = 100;

export const FULL: Plan = {
  sliceMs: 1000,
  floorMs: 500,
  rounds: new Map([
    [1, 1],
    [32, 5],
    [256, 1],
  ]),
  sweepRounds: new Map([
    [1, 1],
    [32, 3],
    [256, 1],
  ]),
  objectCases: ["consume", "reserve+commit"],
  rpcCases: ["allows-step", "consume", "reserve+commit"],
  counted: [1, 32, 256],
  sweepCases: ["allows-step", "consume", "reserve+commit", "batch-100", "batch-1000"],
  buckets: [1, BUCKETS, 10_000, MILLION],
  maxInFlight: Number.POSITIVE_INFINITY,
  sweepMaxInFlight: 100_000,
};

/** Loading a million buckets alone takes longer than a quick run may; it leaves out the other ways to ask, too. */
export const QUICK: Plan = {
  sliceMs: 200,
  floorMs: 100,
  rounds: new Map([
    [1, 1],
    [32, 2],
    [256, 1],
  ]),
  sweepRounds: new Map([[32, 1]]),
  objectCases: [],
  rpcCases: [],
  counted: [1, 32],
  sweepCases: ["consume"],
  buckets: [1, BUCKETS, 10_000],
  maxInFlight: 100_000,
  sweepMaxInFlight: 100_000,
};
