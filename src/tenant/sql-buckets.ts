import {
  type Bucket,
  type BucketKey,
  type BucketStore,
  type EvictionCause,
  newBucket,
  TENANT_KEY,
} from "../core/index.ts";
import type { LedgerStore } from "./ledger-store.ts";

/** How many buckets memory keeps between operations. */
const MAX_CACHED = 4096;
/** How many touches wait for another write before they are written by themselves. */
const MAX_UNSAVED_TOUCHES = 1024;
/** How many eviction candidates one scan of the table finds. */
const CANDIDATES = 256;

interface TotalsRow extends Record<string, SqlStorageValue> {
  input_tokens: number;
  output_tokens: number;
  cost_nano_usd: number;
  calls: number;
  started_at: number;
}

interface TenantRow extends TotalsRow {
  users: number;
  touches: number;
}

interface BucketRow extends TotalsRow {
  touched_at: number;
  touched_seq: number;
}

interface TouchRow extends Record<string, SqlStorageValue> {
  subject: string;
  touched_seq: number;
}

/**
 * Buckets in SQLite, with those in use kept in memory. `flush` writes what has changed; until then a change is
 * in memory alone, and `forget` takes it back.
 *
 * A touch by a read costs no write: it goes down with the next write. There is no index on the order of
 * touches, since it would double the rows that each write costs. Instead one scan of the table finds the next
 * few hundred to evict; a candidate that was touched after the scan no longer is one.
 */
export class SqlBuckets implements BucketStore {
  readonly #sql: SqlStorage;
  readonly #ledger: LedgerStore;
  /** In order of use, so that the first ones are the ones to drop. */
  readonly #cache = new Map<string, Bucket>();
  #tenant: Bucket | undefined;
  #users = 0;
  #touches = 0;
  /** Whether totals have changed since the last flush; touches alone can wait. */
  #unsaved = false;
  /** Users' buckets charged or touched since they were last written. None of them may leave the cache. */
  readonly #changed = new Set<Bucket>();
  #candidates: TouchRow[] = [];
  /** No user's bucket was touched before this: a sweep of the idle ones up to here would find nothing. */
  #noneTouchedBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(sql: SqlStorage, ledger: LedgerStore) {
    this.#sql = sql;
    this.#ledger = ledger;
  }

  get(key: BucketKey): Bucket | undefined {
    const tenant = this.#loadTenant();
    if (key.scope === TENANT_KEY.scope) return tenant;
    return this.#cache.get(encodeSubject(key.subject)) ?? this.#loadBucket(key);
  }

  touch(bucket: Bucket, nowMs: number): void {
    this.#touches += 1;
    bucket.touchedAtMs = nowMs;
    bucket.touchedSeq = this.#touches;
    this.#changed.add(bucket);
    this.#remember(bucket);
  }

  create(key: BucketKey, nowMs: number): Bucket {
    const bucket = newBucket(key, nowMs);
    if (key.scope === TENANT_KEY.scope) {
      this.#tenant = bucket;
    } else {
      this.#users += 1;
      this.touch(bucket, nowMs);
    }
    this.#unsaved = true;
    return bucket;
  }

  save(bucket: Bucket): void {
    this.#unsaved = true;
    if (bucket.scope !== TENANT_KEY.scope) this.#changed.add(bucket);
  }

  countUsers(): number {
    this.#loadTenant();
    return this.#users;
  }

  leastRecentUser(): Bucket | undefined {
    // A second round is needed where every candidate of an earlier scan has been touched or evicted since.
    for (let round = 0; round < 2; round += 1) {
      for (let next = this.#candidates.pop(); next; next = this.#candidates.pop()) {
        const bucket = this.get({ scope: "user", subject: decodeSubject(next.subject) });
        if (bucket?.touchedSeq === next.touched_seq) return bucket;
      }
      this.#candidates = this.#leastRecentlyTouched().reverse();
    }
    return undefined;
  }

  evict(bucket: Bucket, cause: EvictionCause, nowMs: number): void {
    const subject = encodeSubject(bucket.subject);
    this.#sql.exec("DELETE FROM bucket WHERE scope = ? AND subject = ?", bucket.scope, subject);
    this.#ledger.eviction(bucket, cause, nowMs);
    this.#cache.delete(subject);
    this.#changed.delete(bucket);
    this.#users -= 1;
    this.#unsaved = true;
  }

  evictIdle(touchedUpToMs: number, nowMs: number): void {
    if (touchedUpToMs < this.#noneTouchedBeforeMs) return;
    const oldest = this.#leastRecentlyTouched();
    for (const { subject } of oldest) {
      const bucket = this.get({ scope: "user", subject: decodeSubject(subject) });
      if (!bucket) continue;
      this.#noneTouchedBeforeMs = bucket.touchedAtMs;
      if (bucket.touchedAtMs > touchedUpToMs) return;
      this.evict(bucket, "idle", nowMs);
    }
  }

  /** Writes what has changed: a row for the tenant, and one for each bucket charged or touched. */
  flush(): void {
    if (!this.#unsaved && this.#changed.size <= MAX_UNSAVED_TOUCHES) return;
    this.#writeBuckets();
    if (this.#tenant) this.#writeTenant(this.#tenant);
    this.#unsaved = false;
    for (const key of this.#cache.keys()) {
      if (this.#cache.size <= MAX_CACHED) break;
      this.#cache.delete(key);
    }
  }

  /** Drops all that is in memory, which is read again from storage. */
  forget(): void {
    this.#cache.clear();
    this.#changed.clear();
    this.#candidates = [];
    this.#tenant = undefined;
    this.#unsaved = false;
    this.#noneTouchedBeforeMs = Number.NEGATIVE_INFINITY;
  }

  #remember(bucket: Bucket): void {
    const key = encodeSubject(bucket.subject);
    this.#cache.delete(key);
    this.#cache.set(key, bucket);
  }

  #loadTenant(): Bucket | undefined {
    if (this.#tenant) return this.#tenant;
    const [row] = this.#sql.exec<TenantRow>(
      "SELECT input_tokens, output_tokens, cost_nano_usd, calls, started_at, users, touches FROM tenant",
    );
    if (!row) return undefined;
    this.#users = row.users;
    this.#touches = row.touches;
    this.#tenant = { ...TENANT_KEY, ...totalsFromRow(row), touchedAtMs: row.started_at, touchedSeq: 0 };
    return this.#tenant;
  }

  #loadBucket(key: BucketKey): Bucket | undefined {
    const [row] = this.#sql.exec<BucketRow>(
      `SELECT input_tokens, output_tokens, cost_nano_usd, calls, started_at, touched_at, touched_seq
       FROM bucket WHERE scope = ? AND subject = ?`,
      key.scope,
      encodeSubject(key.subject),
    );
    if (!row) return undefined;
    const { scope, subject } = key;
    const bucket = {
      scope,
      subject,
      ...totalsFromRow(row),
      touchedAtMs: row.touched_at,
      touchedSeq: row.touched_seq,
    };
    this.#remember(bucket);
    return bucket;
  }

  /** Reads every user's row; what memory knows of touches is written first, so that none is missed. */
  #leastRecentlyTouched(): TouchRow[] {
    this.#writeBuckets();
    return this.#sql
      .exec<TouchRow>(
        "SELECT subject, touched_seq FROM bucket WHERE scope = 'user' ORDER BY touched_seq LIMIT ?",
        CANDIDATES,
      )
      .toArray();
  }

  #writeTenant({ usage, startedAtMs }: Bucket): void {
    this.#sql.exec(
      `INSERT INTO tenant (id, input_tokens, output_tokens, cost_nano_usd, calls, started_at, users, touches)
       VALUES (1, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET
         input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
         cost_nano_usd = excluded.cost_nano_usd, calls = excluded.calls,
         users = excluded.users, touches = excluded.touches`,
      usage.inputTokens,
      usage.outputTokens,
      usage.costNanoUsd,
      usage.calls,
      startedAtMs,
      this.#users,
      this.#touches,
    );
  }

  #writeBuckets(): void {
    for (const { scope, subject, usage, startedAtMs, touchedAtMs, touchedSeq } of this.#changed) {
      this.#sql.exec(
        `INSERT INTO bucket (scope, subject, input_tokens, output_tokens, cost_nano_usd, calls,
           started_at, touched_at, touched_seq)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (scope, subject) DO UPDATE SET
           input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
           cost_nano_usd = excluded.cost_nano_usd, calls = excluded.calls,
           touched_at = excluded.touched_at, touched_seq = excluded.touched_seq`,
        scope,
        encodeSubject(subject),
        usage.inputTokens,
        usage.outputTokens,
        usage.costNanoUsd,
        usage.calls,
        startedAtMs,
        touchedAtMs,
        touchedSeq,
      );
    }
    this.#changed.clear();
  }
}

function totalsFromRow(row: TotalsRow): Pick<Bucket, "usage" | "startedAtMs"> {
  return {
    usage: {
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      costNanoUsd: row.cost_nano_usd,
      calls: row.calls,
    },
    startedAtMs: row.started_at,
  };
}

/** The anonymous user's subject is stored as the empty text, which no id is. */
function encodeSubject(subject: string | null): string {
  return subject ?? "";
}

function decodeSubject(subject: string): string | null {
  return subject === "" ? null : subject;
}
