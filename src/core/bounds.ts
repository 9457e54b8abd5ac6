import { type Bucket, countsInWindow } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { windowsOf } from "./control.ts";
import { type Scope, TENANT } from "./limits.ts";
import type { LiveHolds } from "./live-holds.ts";
import type { Policy } from "./policy.ts";

/** Which buckets are forgotten: those too long untouched, and of too many in a scope the ones touched the longest ago. */
export class Bounds {
  readonly #store: BucketStore;
  readonly #holds: LiveHolds;
  #nextSweepMs = Number.NEGATIVE_INFINITY;

  constructor(store: BucketStore, holds: LiveHolds) {
    this.#store = store;
    this.#holds = holds;
  }

  /** True for a bucket that the idle rule forgets: long untouched, and neither held of nor counting in an open window. */
  isIdle(policy: Policy, bucket: Bucket, nowMs: number): boolean {
    if (!isLongUntouched(policy, bucket, nowMs) || this.#holds.isKept(bucket)) return false;
    const account = { key: bucket, control: this.#store.control(bucket) };
    return !countsInWindow(bucket, windowsOf(policy, account, nowMs), nowMs, policy.calendar);
  }

  /** Brings the scopes that were just charged within their bound, and now and then forgets what is idle. */
  keepWithin(policy: Policy, scopes: Iterable<Scope>, nowMs: number): void {
    this.#sweepIdle(policy, nowMs);
    const { maxBuckets } = policy;
    if (maxBuckets === null) return;
    for (const scope of scopes) {
      while (scope !== TENANT && this.#store.count(scope) > maxBuckets) this.#evictOne(policy, scope, nowMs);
    }
  }

  /** Makes room in a scope: what is idle goes first, as if it had gone in time, then what was touched the longest ago. */
  #evictOne(policy: Policy, scope: Scope, nowMs: number): void {
    let oldest: Bucket | undefined;
    for (const bucket of this.#store.inOrderOfTouch(scope)) {
      if (this.isIdle(policy, bucket, nowMs)) {
        this.#store.evict(bucket, "idle", nowMs);
        return;
      }
      oldest ??= bucket;
      if (!isLongUntouched(policy, bucket, nowMs)) break;
    }
    if (oldest) this.#store.evict(oldest, "max_users", nowMs);
  }

  /**
   * Forgets idle buckets that nobody asks for. Answers do not depend on it, so it runs in passing, now and then, and
   * leaves what is too much for one time.
   */
  #sweepIdle(policy: Policy, nowMs: number): void {
    const { idleTtlMs } = policy;
    if (idleTtlMs === null || nowMs < this.#nextSweepMs) return;
    this.#nextSweepMs = nowMs + Math.max(1000, idleTtlMs / 60);
    let left = MAX_SWEPT;
    for (const scope of this.#store.scopes()) {
      for (const bucket of this.#store.inOrderOfTouch(scope)) {
        if (left === 0 || !isLongUntouched(policy, bucket, nowMs)) break;
        left -= 1;
        if (this.isIdle(policy, bucket, nowMs)) this.#store.evict(bucket, "idle", nowMs);
      }
    }
  }
}

/** How many buckets one sweep looks at. */
const MAX_SWEPT = 1000;

function isLongUntouched(policy: Policy, bucket: Bucket, nowMs: number): boolean {
  return policy.idleTtlMs !== null && nowMs - bucket.touchedAtMs >= policy.idleTtlMs;
}
