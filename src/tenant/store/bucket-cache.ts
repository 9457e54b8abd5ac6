import type { Bucket, BucketKey } from "../../core/index.ts";

/** How many buckets memory keeps between operations, and how many bytes of them. */
const MAX_CACHED = 4096;
const MAX_BYTES = 16 * 1024 * 1024;
/** About what a bucket and a slot of one of its windows take, in bytes. */
const BUCKET_BYTES = 600;
const SLOT_BYTES = 120;

interface Cached {
  readonly bucket: Bucket;
  readonly bytes: number;
}

/** Buckets in memory, in order of use, bounded by their number and by what they take. */
export class BucketCache {
  readonly #cached = new Map<string, Cached>();
  #bytes = 0;

  get(key: BucketKey): Bucket | undefined {
    return this.#cached.get(idOf(key))?.bucket;
  }

  /** Keeps a bucket as the last one used. */
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

  /** Drops what was used the longest ago until the rest is within the bounds. */
  trim(): void {
    for (const [id, { bytes }] of this.#cached) {
      if (this.#cached.size <= MAX_CACHED && this.#bytes <= MAX_BYTES) break;
      this.#cached.delete(id);
      this.#bytes -= bytes;
    }
  }

  /** True if it holds more bytes than it is to keep. */
  get isOverfull(): boolean {
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
