import {
  type Bucket,
  type BucketKey,
  type BucketStore,
  type Control,
  type EvictionCause,
  newBucket,
  type Scope,
  TENANT,
} from "../core/index.ts";
import { TOTALS, type TotalsRow, totalsFromRow, totalsOfBucket } from "./bucket-rows.ts";
import type { ControlStore } from "./control-store.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { RowWriter } from "./row-writer.ts";
import type { TenantRow } from "./tenant-row.ts";

/** How many buckets memory keeps between operations. */
const MAX_CACHED = 4096;
/** How many touches wait for another write before they are written by themselves. */
const MAX_UNSAVED_TOUCHES = 1024;
/** How many buckets, in the order of their touches, one scan of the table finds. */
const SCANNED = 256;

interface BucketRow extends TotalsRow {
  touched_at: number;
  touched_seq: number;
}

interface TouchRow extends Record<string, SqlStorageValue> {
  subject: string;
  touched_seq: number;
}

const COLUMNS = TOTALS.join(", ");

const SELECT_BUCKET = `SELECT ${COLUMNS}, touched_at, touched_seq FROM bucket WHERE scope = ? AND subject = ?`;
const SELECT_PAGE = `SELECT scope, subject, ${COLUMNS}, touched_at, touched_seq FROM bucket
  WHERE (scope, subject) > (?, ?) ORDER BY scope, subject LIMIT ?`;
const SELECT_TOUCHES =
  "SELECT subject, touched_seq FROM bucket WHERE scope = ? AND touched_seq > ? ORDER BY touched_seq LIMIT ?";
const DELETE_BUCKET = "DELETE FROM bucket WHERE scope = ? AND subject = ?";

/**
 * Buckets in SQLite, with those in use kept in memory; the tenant's is in its own row. `flush` writes what has changed;
 * until then a change is in memory alone, and `forget` takes it back.
 *
 * A touch by a read costs no write: it goes down with the next write. There is no index on the order of touches,
 * since it would double the rows that each write costs. Instead one scan of the table finds the next few hundred
 * in that order; one that was touched after the scan has lost its place in it.
 */
export class SqlBuckets implements BucketStore {
  readonly #sql: SqlStorage;
  readonly #rows: RowWriter;
  readonly #row: TenantRow;
  readonly #ledger: LedgerStore;
  readonly #controls: ControlStore;
  /** In order of use, so that the first ones are the ones to drop. */
  readonly #cache = new Map<string, Bucket>();
  /** Buckets charged or touched since they were last written. None of them may leave the cache. */
  readonly #changed = new Set<Bucket>();
  /** Of each scope, what the last scan found of the order of touches. */
  readonly #scanned = new Map<Scope, { queue: TouchRow[]; upToSeq: number }>();

  constructor(sql: SqlStorage, row: TenantRow, ledger: LedgerStore, controls: ControlStore) {
    this.#sql = sql;
    this.#rows = new RowWriter(sql, "bucket", ["scope", "subject"], [...TOTALS, "touched_at", "touched_seq"]);
    this.#row = row;
    this.#ledger = ledger;
    this.#controls = controls;
  }

  get(key: BucketKey): Bucket | undefined {
    if (key.scope === TENANT) return this.#row.get()?.bucket;
    return this.#cache.get(cacheId(key)) ?? this.#loadBucket(key);
  }

  create(key: BucketKey, nowMs: number): Bucket {
    const bucket = newBucket(key, this.nextGeneration(), nowMs);
    if (key.scope === TENANT) {
      this.#row.create(bucket);
    } else {
      this.#addToCount(key.scope, 1);
      this.touch(bucket, nowMs);
    }
    return bucket;
  }

  /** Touches and generations share one count. It is stored with whatever has a number of it. */
  nextGeneration(): number {
    const tenant = this.#row.get();
    if (!tenant) return 0;
    tenant.touches += 1;
    return tenant.touches;
  }

  touch(bucket: Bucket, nowMs: number): void {
    bucket.touchedAtMs = nowMs;
    bucket.touchedSeq = this.nextGeneration();
    this.#changed.add(bucket);
    this.#remember(bucket);
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
    const scanned = this.#scanned.get(scope) ?? { queue: [], upToSeq: 0 };
    this.#scanned.set(scope, scanned);
    for (let i = 0; ; ) {
      const next = scanned.queue[i];
      if (next) {
        const bucket = this.get({ scope, subject: next.subject });
        if (bucket?.touchedSeq === next.touched_seq) {
          i += 1;
          yield bucket;
        } else {
          scanned.queue.splice(i, 1);
        }
      } else {
        const found = this.#scanTouches(scope, scanned.upToSeq);
        const last = found.at(-1);
        if (!last) return;
        scanned.queue.push(...found);
        scanned.upToSeq = last.touched_seq;
      }
    }
  }

  evict(bucket: Bucket, cause: EvictionCause, nowMs: number): void {
    this.drop(bucket);
    this.#ledger.eviction(bucket, cause, nowMs);
  }

  /** Takes a bucket away without a word in the ledger, which whoever does it has. */
  drop(bucket: Bucket): void {
    this.#sql.exec(DELETE_BUCKET, bucket.scope, bucket.subject);
    this.#cache.delete(cacheId(bucket));
    this.#changed.delete(bucket);
    this.#addToCount(bucket.scope, -1);
  }

  control(key: BucketKey): Control | undefined {
    return this.#controls.get(key);
  }

  controlledScopes(): Iterable<Scope> {
    return this.#controls.scopes();
  }

  /** Writes a row for each bucket that was charged or touched, if there is something to write. */
  flush(): void {
    if (!this.#row.unsaved && this.#changed.size <= MAX_UNSAVED_TOUCHES) return;
    this.#row.unsaved = true;
    this.#writeBuckets();
    for (const id of this.#cache.keys()) {
      if (this.#cache.size <= MAX_CACHED) break;
      this.#cache.delete(id);
    }
  }

  /** Drops all that is in memory, which is read again from storage. */
  forget(): void {
    this.#cache.clear();
    this.#changed.clear();
    this.#scanned.clear();
  }

  /** Every bucket but the tenant's, as stored, in order of their keys, a page after a key. */
  page(after: BucketKey, limit: number): Bucket[] {
    this.#writeBuckets();
    return this.#sql
      .exec<BucketRow & { scope: string; subject: string }>(SELECT_PAGE, after.scope, after.subject, limit)
      .toArray()
      .map(bucketFromRow);
  }

  #addToCount(scope: Scope, change: number): void {
    this.#row.get()?.counts.set(scope, this.count(scope) + change);
    this.#row.unsaved = true;
  }

  #remember(bucket: Bucket): void {
    const id = cacheId(bucket);
    this.#cache.delete(id);
    this.#cache.set(id, bucket);
  }

  #loadBucket({ scope, subject }: BucketKey): Bucket | undefined {
    const [row] = this.#sql.exec<BucketRow>(SELECT_BUCKET, scope, subject);
    if (!row) return undefined;
    const bucket = bucketFromRow({ ...row, scope, subject });
    this.#remember(bucket);
    return bucket;
  }

  /** Reads every row of a scope; what memory knows of touches is written first, so that none is missed. */
  #scanTouches(scope: Scope, afterSeq: number): TouchRow[] {
    this.#writeBuckets();
    return this.#sql.exec<TouchRow>(SELECT_TOUCHES, scope, afterSeq, SCANNED).toArray();
  }

  #writeBuckets(): void {
    // In the order of their keys: neighbours share a page, which a statement copies once to be able to undo.
    this.#rows.put(Array.from(this.#changed).sort(byKey).map(rowOfBucket));
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

function bucketFromRow(row: BucketRow & BucketKey): Bucket {
  const { scope, subject, touched_at: touchedAtMs, touched_seq: touchedSeq } = row;
  return { scope, subject, ...totalsFromRow(row), touchedAtMs, touchedSeq };
}

function cacheId({ scope, subject }: BucketKey): string {
  return `${scope} ${subject}`;
}
