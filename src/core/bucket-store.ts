import type { Bucket, BucketKey } from "./bucket.ts";
import type { Control } from "./control.ts";
import type { Scope } from "./limits.ts";

/** Why a bucket was forgotten: too many of its scope, or too long untouched. */
export type EvictionCause = "max_users" | "idle";

/** Where buckets are kept, and what is set for them: maps in a process, SQLite in a Durable Object. */
export interface BucketStore {
  get(key: BucketKey): Bucket | undefined;
  /** Keeps a new, empty bucket, touched now. */
  create(key: BucketKey, nowMs: number): Bucket;
  /** A number that no bucket and no counter has had yet. */
  nextGeneration(): number;
  /** Marks as the last one touched. */
  touch(bucket: Bucket, nowMs: number): void;
  /** Keeps the changed totals of a bucket. */
  save(bucket: Bucket): void;
  /** The scopes that have buckets. */
  scopes(): Iterable<Scope>;
  /** How many buckets a scope has. */
  count(scope: Scope): number;
  /** A scope's buckets, the one touched the longest ago first. Those given out may be evicted on the way. */
  inOrderOfTouch(scope: Scope): Iterable<Bucket>;
  /** Forgets a bucket, totals and all. */
  evict(bucket: Bucket, cause: EvictionCause, nowMs: number): void;
  /** What is set for a bucket. */
  control(key: BucketKey): Control | undefined;
  /** The scopes in which something is set for some bucket. */
  controlledScopes(): Iterable<Scope>;
}
