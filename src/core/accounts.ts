import { type Bucket, type BucketKey, TENANT_KEY, userKey } from "./bucket.ts";
import { type Decision, decide } from "./decision.ts";
import type { Policy } from "./policy.ts";
import { addUsage, isExact, type Usage } from "./usage.ts";

/** Why a bucket was forgotten: too many of them, or too long untouched. */
export type EvictionCause = "max_users" | "idle";

/** Where buckets are kept: a map in a process, SQLite in a Durable Object. */
export interface BucketStore {
  get(key: BucketKey): Bucket | undefined;
  /** Keeps a new, empty bucket, touched now. */
  create(key: BucketKey, nowMs: number): Bucket;
  /** Marks as the last one touched. */
  touch(bucket: Bucket, nowMs: number): void;
  /** Keeps the changed totals of a bucket. */
  save(bucket: Bucket): void;
  /** How many users have a bucket. */
  countUsers(): number;
  /** The user's bucket that was touched the longest ago. */
  leastRecentUser(): Bucket | undefined;
  /** Forgets a bucket, totals and all. */
  evict(bucket: Bucket, cause: EvictionCause, nowMs: number): void;
  /** Forgets the users' buckets last touched at `touchedUpToMs` or before; some may be left for the next call. */
  evictIdle(touchedUpToMs: number, nowMs: number): void;
}

/** A sum that would no longer be exact. Nothing was recorded. */
export class InexactSumError extends RangeError {
  override name = "InexactSumError";
}

/**
 * The rules of a budget over a store of buckets: what a read touches, what a charge adds to, when a bucket is
 * forgotten. It keeps nothing itself and never reads a clock.
 */
export class Accounts {
  readonly #store: BucketStore;

  constructor(store: BucketStore) {
    this.#store = store;
  }

  /** The tenant's own bucket, which starts, with its wall clock, when it is first asked for. */
  tenant(nowMs: number): Bucket {
    return this.#store.get(TENANT_KEY) ?? this.#store.create(TENANT_KEY, nowMs);
  }

  /** A user's bucket, touched; undefined where there is none or it was idle for too long. */
  user(policy: Policy, userId: string | null | undefined, nowMs: number): Bucket | undefined {
    const bucket = this.#store.get(userKey(userId));
    if (!bucket) return undefined;
    if (policy.userIdleTtlMs !== null && nowMs - bucket.touchedAtMs >= policy.userIdleTtlMs) {
      this.#store.evict(bucket, "idle", nowMs);
      return undefined;
    }
    this.#store.touch(bucket, nowMs);
    return bucket;
  }

  /** May this user take the next step? */
  allowsStep(policy: Policy, userId: string | null | undefined, nowMs: number): Decision {
    return decide(policy, { tenant: this.tenant(nowMs), user: this.user(policy, userId, nowMs) }, nowMs);
  }

  /**
   * Records what was spent, whatever the limits say, and decides the step after it.
   *
   * @throws InexactSumError where a total would pass 2^53−1; then nothing is recorded
   */
  consume(policy: Policy, userId: string | null | undefined, spent: Usage, nowMs: number): Decision {
    const tenant = this.tenant(nowMs);
    const known = this.user(policy, userId, nowMs);
    const tenantUsage = addUsage(tenant.usage, spent);
    // A user's totals are a part of the tenant's, so this one check covers both.
    if (!isExact(tenantUsage)) throw new InexactSumError("would carry a total past 2^53−1");
    const user = known ?? this.#store.create(userKey(userId), nowMs);
    tenant.usage = tenantUsage;
    user.usage = addUsage(user.usage, spent);
    this.#store.save(tenant);
    this.#store.save(user);
    this.#keepWithinBound(policy, nowMs);
    return decide(policy, { tenant, user }, nowMs);
  }

  #keepWithinBound(policy: Policy, nowMs: number): void {
    if (policy.userIdleTtlMs !== null) this.#store.evictIdle(nowMs - policy.userIdleTtlMs, nowMs);
    if (policy.maxUsers === null) return;
    while (this.#store.countUsers() > policy.maxUsers) {
      const oldest = this.#store.leastRecentUser();
      if (!oldest) return;
      this.#store.evict(oldest, "max_users", nowMs);
    }
  }
}
