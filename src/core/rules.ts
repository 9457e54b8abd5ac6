/** The rules that differ between a `StandardBudget`, which has the original's, and the service. */
export interface Rules {
  /**
   * What happens to a new subject of a full scope: the least recently touched bucket is evicted for it; or, if a limit
   * counts for the scope, it shares the scope's overflow bucket.
   */
  readonly whenFull: "evict" | "overflow";
  /** How many buckets above the bound one operation evicts. */
  readonly evictedAtOnce: number;
  /**
   * A touch is stored once the stored one is older than this share of the idle time. Later touches are lost with the
   * process, so a bucket read from storage is kept for longer by this share. 0: every touch is stored.
   */
  readonly touchShare: number;
}

export const ORIGINAL_RULES: Rules = { whenFull: "evict", evictedAtOnce: Number.POSITIVE_INFINITY, touchShare: 0 };

export const SERVICE_RULES: Rules = { whenFull: "overflow", evictedAtOnce: 64, touchShare: 1 / 60 };
