import type { Bucket, BucketKey } from "./bucket.ts";
import type { Scope } from "./limits.ts";
import type { Overrides } from "./overrides.ts";

/** Why a bucket was forgotten: too many of its scope, or too long untouched. */
export type EvictionCause = "max_users" | "idle";

/** Where buckets are kept, and what is set for them: maps in a process, SQLite in a Durable Object. */
export interface BucketStore {
  get(key: BucketKey): Bucket | undefined;
  /** Keeps a new, empty bucket, touched now. */
  create(key: BucketKey, nowMs: number): Bucket;
  /** A number that no bucket and no counter has had yet. */
  nextGeneration(): number;
  /**
   * Marks as the last one touched.
   *
   * @param keepEveryMs how old a touch may become that would be lost if the process ended; null: any age
   */
  touch(bucket: Bucket, nowMs: number, keepEveryMs: number | null): void;
  /** Keeps the changed totals of a bucket. */
  save(bucket: Bucket): void;
  /** The scopes that have buckets. */
  scopes(): Iterable<Scope>;
  /** How many buckets a scope has. */
  count(scope: Scope): number;
  /**
   * A scope's buckets, the one touched the longest ago first, as far as that is known without much work: asked again,
   * it gets further. Those given out may be evicted on the way.
   */
  inOrderOfTouch(scope: Scope): Iterable<Bucket>;
  /** False if `inOrderOfTouch` gave out less than there is, and gives out more when it is asked again. */
  isOrderKnown(scope: Scope): boolean;
  /** Some of a scope's buckets, in the order of their subjects: those after one, or the first ones. */
  after(scope: Scope, subject: string | undefined, limit: number): readonly Bucket[];
  /** Forgets a bucket, totals and all. */
  evict(bucket: Bucket, cause: EvictionCause, nowMs: number): void;
  /** What is set for a bucket. */
  overridesOf(key: BucketKey): Overrides | undefined;
  /** The scopes in which something is set for some bucket. */
  scopesWithOverrides(): Iterable<Scope>;
}
