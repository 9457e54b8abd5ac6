/** What differs between a budget in a process, as the original has it, and the service. */
export interface Rules {
  /**
   * What happens when a scope has as many buckets as `max_users` allows and another subject comes: the bucket touched
   * the longest ago is evicted; or, in a scope that some limit counts for, new subjects share one overflow bucket.
   */
  readonly whenFull: "evict" | "overflow";
  /** How many buckets one operation evicts to bring a scope within its bound. */
  readonly evictedAtOnce: number;
  /**
   * A touch is stored when the one stored before is as old as this share of the idle time. If the process ended, a
   * bucket may have been touched so much later than is known, and is kept for so much longer. 0: every touch is stored.
   */
  readonly touchShare: number;
}

/** The original's rules. */
export const ORIGINAL_RULES: Rules = { whenFull: "evict", evictedAtOnce: Number.POSITIVE_INFINITY, touchShare: 0 };

export const SERVICE_RULES: Rules = { whenFull: "overflow", evictedAtOnce: 64, touchShare: 1 / 60 };
