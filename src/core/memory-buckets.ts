/** A store of buckets in this process's memory. */
import { type Bucket, type BucketKey, newBucket } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { type Scope, TENANT } from "./limits.ts";

/** Every operation takes constant time. */
export class MemoryBuckets implements BucketStore {
  /** By scope and subject, the least recently touched first: a Map iterates in order of insertion. */
  readonly #scopes = new Map<Scope, Map<string, Bucket>>();

  #generation = 0;

  get({ scope, subject }: BucketKey): Bucket | undefined {
    return this.#scopes.get(scope)?.get(subject);
  }

  create(key: BucketKey, nowMs: number): Bucket {
    const bucket = newBucket(key, this.nextGeneration(), nowMs);
    const buckets = this.#scopes.get(key.scope);
    if (buckets) buckets.set(key.subject, bucket);
    else this.#scopes.set(key.scope, new Map([[key.subject, bucket]]));
    return bucket;
  }

  nextGeneration(): number {
    this.#generation += 1;
    return this.#generation;
  }

  touch(bucket: Bucket, nowMs: number): void {
    bucket.touchedAtMs = nowMs;
    const buckets = this.#scopes.get(bucket.scope);
    buckets?.delete(bucket.subject);
    buckets?.set(bucket.subject, bucket);
  }

  /** Nothing to do: a bucket is changed in place. */
  save(): void {}

  scopes(): Scope[] {
    return [...this.#scopes.keys()].filter((scope) => scope !== TENANT);
  }

  count(scope: Scope): number {
    return this.#scopes.get(scope)?.size ?? 0;
  }

  /** The least recently touched ones, which include the idle ones, instead of an order by subject. */
  after(scope: Scope, subject: string | undefined, limit: number): readonly Bucket[] {
    const found: Bucket[] = [];
    if (subject !== undefined) return found;
    for (const bucket of this.inOrderOfTouch(scope)) {
      if (found.length === limit) break;
      found.push(bucket);
    }
    return found;
  }

  isOrderKnown(): boolean {
    return true;
  }

  /** Entries of a Map can be deleted during an iteration. */
  inOrderOfTouch(scope: Scope): Iterable<Bucket> {
    return this.#scopes.get(scope)?.values() ?? [];
  }

  evict({ scope, subject }: Bucket): void {
    this.#scopes.get(scope)?.delete(subject);
  }

  overridesOf(): undefined {}

  scopesWithOverrides(): Scope[] {
    return [];
  }
}
