/** The buckets kept in memory between operations. */
import type { Bucket, BucketKey } from "../../core/index.ts";

const MAX_CACHED = 4096;
const MAX_BYTES = 16 * 1024 * 1024;
/** The approximate size of a bucket, and of a slot of one of its windows. */
const BUCKET_BYTES = 600;
const SLOT_BYTES = 120;

interface Cached {
  readonly bucket: Bucket;
  readonly bytes: number;
}

/** A least-recently-used cache of buckets, bounded by their number and by their size. */
export class BucketCache {
  readonly #cached = new Map<string, Cached>();
  #bytes = 0;

  get(key: BucketKey): Bucket | undefined {
    return this.#cached.get(idOf(key))?.bucket;
  }

  /** Adds a bucket as the most recently used. */
  put(bucket: Bucket): void {
    this.delete(bucket);
    const bytes = bytesOf(bucket);
    this.#cached.set(idOf(bucket), { bucket, bytes });
    this.#bytes += bytes;
  }

  delete(key: BucketKey): void {
    const id = idOf(key);
    this.#bytes -= this.#cached.get(id)?.bytes ?? 0;
    this.#cached.delete(id);
  }

  /** Evicts the least recently used buckets until the rest is within the bounds. */
  trim(): void {
    for (const [id, { bytes }] of this.#cached) {
      if (this.#cached.size <= MAX_CACHED && this.#bytes <= MAX_BYTES) break;
      this.#cached.delete(id);
      this.#bytes -= bytes;
    }
  }

  get isTooLarge(): boolean {
    return this.#bytes > MAX_BYTES;
  }

  clear(): void {
    this.#cached.clear();
    this.#bytes = 0;
  }
}

function idOf({ scope, subject }: BucketKey): string {
  return `${scope} ${subject}`;
}

function bytesOf({ counters, subject }: Bucket): number {
  let slots = 0;
  for (const counter of counters.values()) slots += counter.slots.length;
  return BUCKET_BYTES + 2 * subject.length + SLOT_BYTES * slots;
}
