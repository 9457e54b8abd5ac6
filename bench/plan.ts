/** How much is measured. */
export interface Plan {
  /** How long each slice of load lasts. */
  readonly sliceMs: number;
  /** How long each slice of the floor lasts that stands between two others. */
  readonly floorMs: number;
  /** Concurrency → how often each slice is measured at it; the medians count. */
  readonly rounds: ReadonlyMap<number, number>;
  /** The same, for many tenants and for many buckets. */
  readonly sweepRounds: ReadonlyMap<number, number>;
}

export const FULL: Plan = {
  sliceMs: 1000,
  floorMs: 500,
  rounds: new Map([
    [1, 3],
    [32, 7],
    [256, 3],
  ]),
  sweepRounds: new Map([
    [1, 3],
    [32, 5],
    [256, 3],
  ]),
};

export const QUICK: Plan = {
  sliceMs: 250,
  floorMs: 150,
  rounds: new Map([
    [1, 1],
    [32, 3],
    [256, 1],
  ]),
  sweepRounds: new Map([[32, 2]]),
};

/** The concurrency that the reaches are told at. */
export const REACH_CONCURRENCY = 32;
/** Buckets in all where nothing else is said: users of one tenant, or of many together. */
export const BUCKETS = 1000;
export const MANY_TENANTS = 100;
export const MILLION = 1_000_000;
export const BUCKET_SWEEP = [1, BUCKETS, 10_000, MILLION] as const;
