import type { BucketStore } from "./accounts.ts";
import { type Bucket, type BucketKey, newBucket, TENANT_KEY } from "./bucket.ts";

/** Buckets in this process's memory. Every operation takes constant time. */
export class MemoryBuckets implements BucketStore {
  #tenant: Bucket | undefined;
  /** In order of touch, the oldest first: a Map iterates in order of insertion. */
  readonly #users = new Map<string | null, Bucket>();

  get(key: BucketKey): Bucket | undefined {
    return key.scope === TENANT_KEY.scope ? this.#tenant : this.#users.get(key.subject);
  }

  create(key: BucketKey, nowMs: number): Bucket {
    const bucket = newBucket(key, nowMs);
    if (key.scope === TENANT_KEY.scope) this.#tenant = bucket;
    else this.#users.set(key.subject, bucket);
    return bucket;
  }

  touch(bucket: Bucket, nowMs: number): void {
    bucket.touchedAtMs = nowMs;
    this.#users.delete(bucket.subject);
    this.#users.set(bucket.subject, bucket);
  }

  /** Nothing to do: the bucket that changed is the one kept. */
  save(): void {}

  countUsers(): number {
    return this.#users.size;
  }

  leastRecentUser(): Bucket | undefined {
    return this.#users.values().next().value;
  }

  evict(bucket: Bucket): void {
    this.#users.delete(bucket.subject);
  }

  evictIdle(touchedUpToMs: number): void {
    for (const bucket of this.#users.values()) {
      if (bucket.touchedAtMs > touchedUpToMs) return;
      this.evict(bucket);
    }
  }
}
