/** The ledger: the record of what happened, in order. */
import { type Bucket, type EvictionCause, NO_USAGE, nameOf, subtractUsage } from "../../core/index.ts";
import type { LedgerEntry, LedgerQuery, Page } from "../../wire/index.ts";
import type { EntryBody, StoredEntry } from "./ledger-entry.ts";
import { ledgerPage, type ScannedEntry } from "./ledger-page.ts";
import { ALL_TIME, entriesIn, LedgerRows, MAX_ROW_MS, type NumberedEntry } from "./ledger-rows.ts";
import type { Bounded } from "./page-bounds.ts";
import { type CountedRefusal, Refusals } from "./refusals.ts";
import { getValue, putValue } from "./single-values.ts";
import { usageList } from "./usage-list.ts";

interface Unwritten {
  readonly atMs: number;
  readonly json: string;
  /** Only of a refusal. */
  readonly counted: CountedRefusal | undefined;
}

/** The most text in a row, in UTF-16 units: well below the 2 MB that a row can have in any encoding. */
const MAX_ROW_LENGTH = 500_000;
/** How many rows one turn of an erasure reads. */
const MAX_REWRITTEN = 500;
/** The name of the value that keeps the next id when there is no row to derive it from. */
const NEXT_ID = "ledger_next_id";

/**
 * Entries never change, with two exceptions: a repeated refusal is counted in the first one's entry, and an erased
 * user's id is replaced. The entries of one flush share rows, so that an entry costs only a fraction of a row written.
 */
export class LedgerStore {
  readonly #sql: SqlStorage;
  readonly #rows: LedgerRows;
  #nextId: number | undefined;
  /** The time of the last entry of the oldest row; null if there is no row; undefined if it has not been read. */
  #oldestLastAtMs: number | null | undefined;
  #unwritten: Unwritten[] = [];
  readonly #refusals = new Refusals();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#rows = new LedgerRows(sql);
  }

  /** Appends an entry. Fields that are undefined are left out. */
  append(
    kind: LedgerEntry["kind"],
    body: EntryBody & Pick<StoredEntry, "usage" | "scopes" | "exceptions" | "reported">,
    nowMs: number,
  ): void {
    const entry: StoredEntry = { at: nowMs, kind, ...body };
    const counted = kind === "refusal" ? this.#refusals.add(entry) : undefined;
    if (kind === "refusal" && !counted) return;
    this.#unwritten.push({ atMs: nowMs, json: JSON.stringify(entry), counted });
  }

  /** Appends the eviction of a bucket, which subtracts the totals that it had. */
  appendEviction(bucket: Bucket, cause: EvictionCause, nowMs: number): void {
    const [started_at, touched_at] = [bucket.startedAtMs, bucket.touchedAtMs].map((ms) => new Date(ms).toISOString());
    const usage = usageList(subtractUsage(NO_USAGE, bucket.usage));
    this.append("eviction", { bucket: nameOf(bucket), cause, usage, started_at, touched_at }, nowMs);
  }

  page(query: LedgerQuery): Page<LedgerEntry> {
    return ledgerPage(query, (range) => this.entries(query.after, range));
  }

  /** Entries after an id, in order, in rows that can have some of a time range. */
  *entries(after = 0, range = ALL_TIME): Generator<ScannedEntry> {
    this.flush();
    let [rowsRead, lengthRead] = [0, 0];
    for (const row of this.#rows.from(this.#rows.firstIdOfRowWith(after + 1), range)) {
      rowsRead += 1;
      lengthRead += row.entries.length;
      const entries = entriesIn(row);
      const length = row.entries.length / entries.length;
      for (const { id, entry } of entries) {
        if (id > after) yield { id, entry, length, rowsRead, lengthRead };
      }
    }
  }

  /** The last id given; 0 before the first. */
  lastId(): number {
    this.flush();
    return this.#readNextId() - 1;
  }

  /**
   * Replaces the entries for which `change` returns another one, in some of the rows from one id up to another. Their
   * ids, order and sums must stay.
   *
   * @returns the id to continue from; undefined at the end
   */
  rewriteSome(from: number, to: number, change: (entry: StoredEntry) => StoredEntry): number | undefined {
    this.flush();
    const { rows, hasMore } = this.#rows.between(from, to, MAX_REWRITTEN);
    for (const row of rows) this.#rows.update(row, ({ entry }) => change(entry));
    // Later refusals belong to a new user of the same id, so they must not be counted in old entries.
    this.#refusals.clear();
    const last = rows.at(-1);
    return hasMore && last ? last.first_id + 1 : undefined;
  }

  /** When the retention of the oldest row ends, in epoch milliseconds; null if there is no row. */
  nextExpiryMs(retentionMs: number): number | null {
    if (this.#oldestLastAtMs === undefined) this.#oldestLastAtMs = this.#rows.oldestLastAtMs();
    return this.#oldestLastAtMs === null ? null : this.#oldestLastAtMs + retentionMs;
  }

  /** The earliest time in the oldest row; infinity if there is no row. */
  oldestAtMs(): number {
    const [row] = this.#rows.from(0, ALL_TIME);
    return row ? Math.min(...entriesIn(row).map(({ entry }) => entry.at)) : Number.POSITIVE_INFINITY;
  }

  /** Some of the rows whose entries are all from `cutoffMs` or earlier, the oldest first. */
  rowsUpTo(
    cutoffMs: number,
    limit: number,
  ): Bounded<{ readonly firstId: number; readonly entries: readonly NumberedEntry[] }> {
    const { rows, hasMore } = this.#rows.upTo(cutoffMs, limit);
    return { rows: rows.map((row) => ({ firstId: row.first_id, entries: entriesIn(row) })), hasMore };
  }

  deleteRow(firstId: number): void {
    const nextId = this.#readNextId();
    this.#rows.delete(firstId);
    this.#nextId = nextId;
    this.#oldestLastAtMs = undefined;
    if (this.#rows.isEmpty) putValue(this.#sql, NEXT_ID, String(nextId));
  }

  /** Writes new entries, in as few rows as they fit in. */
  flush(): void {
    this.#writeRefusalCounts();
    while (this.#unwritten.length > 0) {
      const { count, lastAtMs } = this.#nextRow();
      const firstId = this.#readNextId();
      const entries = this.#unwritten.splice(0, count).map(({ json, counted }, i) => {
        if (counted) counted.id = firstId + i;
        return counted && counted.times > 1 ? JSON.stringify({ ...counted.entry, times: counted.times }) : json;
      });
      this.#rows.insert(firstId, lastAtMs, entries);
      this.#nextId = firstId + count;
      if (this.#oldestLastAtMs === null) this.#oldestLastAtMs = lastAtMs;
    }
  }

  discard(): void {
    this.#nextId = undefined;
    this.#oldestLastAtMs = undefined;
    this.#unwritten = [];
    this.#refusals.clear();
  }

  /** Updates the counts of refusals that are already written. They are in the few rows of the last minute. */
  #writeRefusalCounts(): void {
    const times = this.#refusals.takeRepeats();
    while (times.size > 0) {
      const [first = 0] = times.keys();
      const row = this.#rows.rowWith(first);
      if (row) {
        this.#rows.update(row, ({ entry, id }) => (times.has(id) ? { ...entry, times: times.get(id) } : entry));
        for (const { id } of entriesIn(row)) times.delete(id);
      }
      times.delete(first);
    }
  }

  /** How many unwritten entries fit in the next row, and the latest of their times, since a clock can step back. */
  #nextRow(): { readonly count: number; readonly lastAtMs: number } {
    let [count, length, firstAtMs, lastAtMs] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { atMs, json } of this.#unwritten) {
      const [first, last] = [Math.min(firstAtMs, atMs), Math.max(lastAtMs, atMs)];
      if (count > 0 && (length >= MAX_ROW_LENGTH || last - first > MAX_ROW_MS)) break;
      [count, length, firstAtMs, lastAtMs] = [count + 1, length + json.length, first, last];
    }
    return { count, lastAtMs };
  }

  #readNextId(): number {
    if (this.#nextId !== undefined) return this.#nextId;
    const row = this.#rows.last();
    const last = row && entriesIn(row).at(-1);
    this.#nextId = last ? last.id + 1 : Number(getValue(this.#sql, NEXT_ID) ?? 1);
    return this.#nextId;
  }
}
