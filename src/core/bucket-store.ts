/** The store of buckets: maps in a process, SQLite in a Durable Object. */
import type { Bucket, BucketKey } from "./bucket.ts";
import type { Scope } from "./limits.ts";
import type { Overrides } from "./overrides.ts";

/** Why a bucket was evicted: its scope had too many, or it was idle. */
export type EvictionCause = "max_users" | "idle";

export interface BucketStore {
  get(key: BucketKey): Bucket | undefined;
  /** Creates an empty bucket, touched now. */
  create(key: BucketKey, nowMs: number): Bucket;
  /** A number that no bucket and no counter has had before. */
  nextGeneration(): number;
  /**
   * Makes a bucket the most recently touched one.
   *
   * @param intervalMs how old a stored touch can become before this one has to be stored; null: any age
   */
  touch(bucket: Bucket, nowMs: number, intervalMs: number | null): void;
  /** Saves a changed bucket. */
  save(bucket: Bucket): void;
  /** The scopes that have buckets. */
  scopes(): Iterable<Scope>;
  count(scope: Scope): number;
  /**
   * A scope's buckets, the least recently touched first, as far as the order is known without much work; the next call
   * gets further. Buckets can be evicted during the iteration.
   */
  inOrderOfTouch(scope: Scope): Iterable<Bucket>;
  /** False if `inOrderOfTouch` did not return all buckets, and returns more when it is called again. */
  isOrderKnown(scope: Scope): boolean;
  /** Up to `limit` buckets of a scope, in order of their subjects: those after `subject`, or the first. */
  after(scope: Scope, subject: string | undefined, limit: number): readonly Bucket[];
  evict(bucket: Bucket, cause: EvictionCause, nowMs: number): void;
  overridesOf(key: BucketKey): Overrides | undefined;
  /** The scopes that have buckets with overrides. */
  scopesWithOverrides(): Iterable<Scope>;
}
