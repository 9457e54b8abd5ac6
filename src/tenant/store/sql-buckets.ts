/** Buckets in SQLite. */
import {
  type Bucket,
  type BucketKey,
  type BucketStore,
  type EvictionCause,
  isOverflow,
  nameOf,
  newBucket,
  type Overrides,
  type Scope,
  TENANT,
} from "../../core/index.ts";
import { BucketCache } from "./bucket-cache.ts";
import { TOTALS, type TotalsRow, totalsFromRow, totalsOfBucket } from "./bucket-rows.ts";
import { keysOfUser } from "./keys-of-user.ts";
import type { LedgerStore } from "./ledger-store.ts";
import type { OverridesStore } from "./overrides-store.ts";
import { RowWriter } from "./row-writer.ts";
import type { TenantRow } from "./tenant-row.ts";
import { TouchOrder } from "./touch-order.ts";

/** How many touches wait for another write before they are written on their own. */
const MAX_UNSAVED_TOUCHES = 1024;

interface BucketRow extends TotalsRow {
  touched_at: number;
  touched_seq: number;
}

const COLUMNS = TOTALS.join(", ");

const SELECT_BUCKET = `SELECT ${COLUMNS}, touched_at, touched_seq FROM bucket WHERE scope = ? AND subject = ?`;
const SELECT_PAGE = `SELECT scope, subject, ${COLUMNS}, touched_at, touched_seq FROM bucket
  WHERE (scope, subject) > (?, ?) ORDER BY scope, subject LIMIT ?`;
const SELECT_SUBJECTS = "SELECT subject FROM bucket WHERE scope = ? AND subject > ? ORDER BY subject LIMIT ?";
const SELECT_FIRST_SUBJECTS = "SELECT subject FROM bucket WHERE scope = ? ORDER BY subject LIMIT ?";
const DELETE_BUCKET = "DELETE FROM bucket WHERE scope = ? AND subject = ?";

/**
 * One row for each bucket, with a cache in memory. The tenant's bucket is in the tenant's row. Changes stay in memory
 * until `flush` writes them or `discard` drops them.
 *
 * A touch by a read costs no write: it is stored with the next write, or on its own if the idle rule needs it. Touches
 * are always written together with the tenant's count of them.
 */
export class SqlBuckets implements BucketStore {
  readonly #sql: SqlStorage;
  readonly #rows: RowWriter;
  readonly #row: TenantRow;
  readonly #ledger: LedgerStore;
  readonly #overrides: OverridesStore;
  readonly #cache = new BucketCache();
  /** Buckets charged or touched since they were last written. They must stay in the cache. */
  readonly #changed = new Set<Bucket>();
  /** The time of each bucket's last stored touch. */
  readonly #storedTouchMs = new WeakMap<Bucket, number>();
  readonly #order: TouchOrder;

  constructor(sql: SqlStorage, row: TenantRow, ledger: LedgerStore, overrides: OverridesStore) {
    this.#sql = sql;
    this.#rows = new RowWriter(sql, "bucket", ["scope", "subject"], [...TOTALS, "touched_at", "touched_seq"]);
    this.#row = row;
    this.#ledger = ledger;
    this.#overrides = overrides;
    this.#order = new TouchOrder(sql, () => this.#writeBuckets());
  }

  get(key: BucketKey): Bucket | undefined {
    if (key.scope === TENANT) return this.#row.get()?.bucket;
    return this.#cache.get(key) ?? this.#loadBucket(key);
  }

  create(key: BucketKey, nowMs: number): Bucket {
    const bucket = newBucket(key, this.nextGeneration(), nowMs);
    if (key.scope === TENANT) {
      this.#row.create(bucket);
    } else {
      this.#addToCount(key.scope, 1);
      this.touch(bucket, nowMs, null);
      if (isOverflow(key)) this.#ledger.append("overflow", { bucket: nameOf(key) }, nowMs);
    }
    return bucket;
  }

  /** Touches and generations share one count, which is stored with each row that uses a number of it. */
  nextGeneration(): number {
    const tenant = this.#row.get();
    if (!tenant) return 0;
    tenant.touches += 1;
    return tenant.touches;
  }

  touch(bucket: Bucket, nowMs: number, keepEveryMs: number | null): void {
    bucket.touchedAtMs = nowMs;
    bucket.isTouchExact = true;
    bucket.touchedSeq = this.nextGeneration();
    this.#changed.add(bucket);
    this.#cache.put(bucket);
    if (keepEveryMs !== null && nowMs - (this.#storedTouchMs.get(bucket) ?? 0) >= keepEveryMs) this.#row.unsaved = true;
  }

  /** Makes the next flush write all touches. */
  saveTouches(): void {
    if (this.#changed.size > 0) this.#row.unsaved = true;
  }

  save(bucket: Bucket): void {
    this.#row.unsaved = true;
    if (bucket.scope !== TENANT) this.#changed.add(bucket);
  }

  scopes(): Scope[] {
    return [...(this.#row.get()?.counts.keys() ?? [])];
  }

  count(scope: Scope): number {
    return this.#row.get()?.counts.get(scope) ?? 0;
  }

  *inOrderOfTouch(scope: Scope): Generator<Bucket> {
    const queue = this.#order.known(scope);
    for (let i = 0; i < queue.length || this.#order.read(scope); ) {
      const next = queue[i];
      const bucket = next && this.get({ scope, subject: next.subject });
      if (bucket?.touchedSeq !== next?.touched_seq) {
        queue.splice(i, 1);
      } else if (bucket) {
        i += 1;
        yield bucket;
      }
    }
  }

  isOrderKnown(scope: Scope): boolean {
    return !this.#order.isReading(scope);
  }

  after(scope: Scope, subject: string | undefined, limit: number): Bucket[] {
    const [query, ...bindings] =
      subject === undefined ? [SELECT_FIRST_SUBJECTS, scope, limit] : [SELECT_SUBJECTS, scope, subject, limit];
    return this.#sql
      .exec<{ subject: string }>(query, ...bindings)
      .toArray()
      .flatMap((row) => this.get({ scope, subject: row.subject }) ?? []);
  }

  evict(bucket: Bucket, cause: EvictionCause, nowMs: number): void {
    this.delete(bucket);
    this.#ledger.appendEviction(bucket, cause, nowMs);
  }

  /** Deletes a bucket. The caller records it in the ledger. */
  delete(bucket: Bucket): void {
    this.#sql.exec(DELETE_BUCKET, bucket.scope, bucket.subject);
    this.#cache.delete(bucket);
    this.#changed.delete(bucket);
    this.#addToCount(bucket.scope, -1);
  }

  overridesOf(key: BucketKey): Overrides | undefined {
    return this.#overrides.get(key);
  }

  scopesWithOverrides(): Iterable<Scope> {
    return this.#overrides.scopes();
  }

  /** Writes the buckets that were charged or touched, unless there are only touches that can wait. */
  flush(): void {
    this.shrinkCache();
    if (!this.#row.unsaved && this.#changed.size <= MAX_UNSAVED_TOUCHES) return;
    this.#row.unsaved = true;
    this.#writeBuckets();
    this.#cache.trim();
  }

  /** Writes and evicts cached buckets if the cache is too large. A commit can do so before its flush. */
  shrinkCache(): void {
    if (!this.#cache.isTooLarge) return;
    this.#writeBuckets();
    this.#cache.trim();
  }

  discard(): void {
    this.#cache.clear();
    this.#changed.clear();
    this.#order.clear();
  }

  /** A page of all buckets except the tenant's, in order of their keys. */
  page(after: BucketKey, limit: number): Bucket[] {
    this.#writeBuckets();
    return this.#sql
      .exec<BucketRow & { scope: string; subject: string }>(SELECT_PAGE, after.scope, after.subject, limit)
      .toArray()
      .map((row) => bucketFromRow(row));
  }

  keysOfUser(userId: string): BucketKey[] {
    this.#writeBuckets();
    return keysOfUser(this.#sql, "bucket", userId);
  }

  #addToCount(scope: Scope, change: number): void {
    this.#row.get()?.counts.set(scope, this.count(scope) + change);
    this.#row.unsaved = true;
  }

  #loadBucket({ scope, subject }: BucketKey): Bucket | undefined {
    const [row] = this.#sql.exec<BucketRow>(SELECT_BUCKET, scope, subject);
    if (!row) return undefined;
    // After a touch from before the tenant's row was read, a later one may have been lost with the memory.
    const bucket = bucketFromRow({ ...row, scope, subject }, row.touched_seq > this.#row.touchesAtStart);
    this.#storedTouchMs.set(bucket, row.touched_at);
    this.#cache.put(bucket);
    return bucket;
  }

  #writeBuckets(): void {
    if (this.#changed.size === 0) return;
    // These rows use numbers of the count in the tenant's row.
    this.#row.unsaved = true;
    // In order of their keys: neighbours share a page, which SQLite copies once for each statement, for rollback.
    this.#rows.put(Array.from(this.#changed).sort(byKey).map(rowOfBucket));
    for (const bucket of this.#changed) this.#storedTouchMs.set(bucket, bucket.touchedAtMs);
    this.#changed.clear();
  }
}

function byKey(a: Bucket, b: Bucket): number {
  if (a.scope !== b.scope) return a.scope < b.scope ? -1 : 1;
  return a.subject < b.subject ? -1 : 1;
}

function rowOfBucket(bucket: Bucket): SqlStorageValue[] {
  const { scope, subject, touchedAtMs, touchedSeq } = bucket;
  return [scope, subject, ...totalsOfBucket(bucket), touchedAtMs, touchedSeq];
}

function bucketFromRow(row: BucketRow & BucketKey, isTouchExact = true): Bucket {
  const { scope, subject, touched_at: touchedAtMs, touched_seq: touchedSeq } = row;
  return { scope, subject, ...totalsFromRow(row), touchedAtMs, isTouchExact, touchedSeq };
}
