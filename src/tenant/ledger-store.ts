import { type Bucket, type EvictionCause, nameOf, totalsOf } from "../core/index.ts";
import type { EntryKind, LedgerEntry } from "../wire/index.ts";

interface EntryRow extends Record<string, SqlStorageValue> {
  id: number;
  at: number;
  kind: string;
  body: string;
}

/** The record of what happened, in order, never changed. */
export class LedgerStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Adds an entry; `body` is plain JSON in the wire's units, and what it has undefined is left out. */
  append(kind: EntryKind, body: Omit<LedgerEntry, "id" | "at" | "kind">, nowMs: number): void {
    this.#sql.exec("INSERT INTO ledger (at, kind, body) VALUES (?, ?, ?)", nowMs, kind, JSON.stringify(body));
  }

  /** Tells that a bucket was forgotten, and the totals that went with it. */
  eviction(bucket: Bucket, cause: EvictionCause, nowMs: number): void {
    const [started_at, touched_at] = [bucket.startedAtMs, bucket.touchedAtMs].map((ms) => new Date(ms).toISOString());
    this.append(
      "eviction",
      { bucket: nameOf(bucket), cause, totals: totalsOf(bucket.usage), started_at, touched_at },
      nowMs,
    );
  }

  /** Entries after one, in order. */
  entries(after: number, limit: number): LedgerEntry[] {
    return this.#sql
      .exec<EntryRow>("SELECT id, at, kind, body FROM ledger WHERE id > ? ORDER BY id LIMIT ?", after, limit)
      .toArray()
      .map(({ id, at, kind, body }) => ({ id, at: new Date(at).toISOString(), kind, ...JSON.parse(body) }));
  }
}
