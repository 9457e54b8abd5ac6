import { type Bucket, type EvictionCause, NO_USAGE, nameOf, subtractUsage } from "../core/index.ts";
import type { LedgerEntry, LedgerQuery, Page } from "../wire/index.ts";
import { type EntryBody, entryAnswer, hasLabel, isOfUser, type StoredEntry } from "./ledger-entry.ts";
import { usageList } from "./usage-list.ts";

interface EntriesRow extends Record<string, SqlStorageValue> {
  first_id: number;
  entries: string;
}

interface LedgerRow extends Record<string, SqlStorageValue> {
  first_id: number;
  last_at: number;
}

/** An entry of the ledger and its id. */
export interface Numbered {
  readonly id: number;
  readonly entry: StoredEntry;
}

/** The most text in a row, in UTF-16 units: well within the 2 MB of a row, however many bytes each takes. */
const MAX_ROW_LENGTH = 500_000;
/** How many rows one page looks through before it leaves the rest to the next. */
const MAX_ROWS_READ = 500;

/**
 * The record of what happened, in order, never changed. The entries of one flush share rows, so that an entry costs
 * but a part of a row written.
 */
export class LedgerStore {
  readonly #sql: SqlStorage;
  #nextId: number | undefined;
  /** The oldest row and the last one, which is kept; null where there is none, undefined where that is not known. */
  #ends: { readonly oldest: LedgerRow; readonly last: LedgerRow } | null | undefined;
  /** As JSON, not written yet. */
  #unwritten: string[] = [];
  #lastAtMs = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Adds an entry; what it has undefined is left out. */
  append(
    kind: LedgerEntry["kind"],
    body: EntryBody & Pick<StoredEntry, "usage" | "scopes" | "exceptions" | "reported">,
    nowMs: number,
  ): void {
    const entry: StoredEntry = { at: nowMs, kind, ...body };
    this.#unwritten.push(JSON.stringify(entry));
    this.#lastAtMs = nowMs;
  }

  /** Tells that a bucket was forgotten, and the totals that went with it. */
  eviction(bucket: Bucket, cause: EvictionCause, nowMs: number): void {
    const [started_at, touched_at] = [bucket.startedAtMs, bucket.touchedAtMs].map((ms) => new Date(ms).toISOString());
    const usage = usageList(subtractUsage(NO_USAGE, bucket.usage));
    this.append("eviction", { bucket: nameOf(bucket), cause, usage, started_at, touched_at }, nowMs);
  }

  /** Entries after an id that fit every filter, in order. A page can be short, or empty, and not be the last. */
  page({ after, limit, kind, user_id, label, since, until }: LedgerQuery): Page<LedgerEntry> {
    const [sinceMs, untilMs] = [since, until].map((time) => (time === undefined ? undefined : Date.parse(time)));
    const [, name = "", value = ""] = /^(.*?):(.*)$/su.exec(label ?? "") ?? [];
    const fits = ({ entry }: Numbered) =>
      (kind === undefined || entry.kind === kind) &&
      (user_id === undefined || isOfUser(entry, user_id === "" ? null : user_id)) &&
      (label === undefined || hasLabel(entry, name, value)) &&
      (sinceMs === undefined || entry.at >= sinceMs);
    const items: LedgerEntry[] = [];
    let lastId = after;
    for (const numbered of this.entries(Math.max(after, sinceMs === undefined ? 0 : this.#lastIdBefore(sinceMs)))) {
      if (untilMs !== undefined && numbered.entry.at >= untilMs) return { items, next: null };
      if (items.length === limit || numbered.rowsRead > MAX_ROWS_READ) return { items, next: lastId };
      lastId = numbered.id;
      if (fits(numbered)) items.push(entryAnswer(numbered.entry, numbered.id));
    }
    return { items, next: null };
  }

  /** Every entry after an id, in order, as stored, and how many rows were read for it and those before it. */
  *entries(after = 0): Generator<Numbered & { readonly rowsRead: number }> {
    this.flush();
    const [start] = this.#sql.exec<{ id: number | null }>(
      "SELECT max(first_id) AS id FROM ledger WHERE first_id <= ?",
      after + 1,
    );
    let rowsRead = 0;
    for (const row of this.#rowsFrom(start?.id ?? 0)) {
      rowsRead += 1;
      for (const numbered of entriesIn(row)) if (numbered.id > after) yield { ...numbered, rowsRead };
    }
  }

  /** Changes entries of which `change` answers another. Their ids, their order and their sums have to stay. Reads them all. */
  rewrite(change: (entry: StoredEntry) => StoredEntry): void {
    this.flush();
    for (const row of this.#rowsFrom(0)) {
      const entries = entriesIn(row).map(({ entry }) => entry);
      const changed = entries.map(change);
      if (changed.every((entry, i) => entry === entries[i])) continue;
      this.#sql.exec("UPDATE ledger SET entries = ? WHERE first_id = ?", JSON.stringify(changed), row.first_id);
    }
  }

  /** When the time of keeping the oldest entries is over; null where there are none to lose. */
  keptUntilMs(retentionMs: number): number | null {
    const ends = this.#findEnds();
    return ends && ends.oldest.first_id < ends.last.first_id ? ends.oldest.last_at + retentionMs : null;
  }

  /** The oldest rows whose entries were all made by a time, without the last one, which says how ids go on. */
  rowsUpTo(cutoffMs: number, limit: number): { readonly firstId: number; readonly entries: Numbered[] }[] {
    return this.#sql
      .exec<EntriesRow>(
        "SELECT first_id, entries FROM ledger WHERE last_at <= ? AND first_id < ? ORDER BY first_id LIMIT ?",
        cutoffMs,
        this.#findEnds()?.last.first_id ?? 0,
        limit,
      )
      .toArray()
      .map((row) => ({ firstId: row.first_id, entries: entriesIn(row) }));
  }

  deleteRow(firstId: number): void {
    this.#sql.exec("DELETE FROM ledger WHERE first_id = ?", firstId);
    this.#ends = undefined;
  }

  /** Writes the entries that are not written yet, in as few rows as they fit in. */
  flush(): void {
    while (this.#unwritten.length > 0) {
      let [count, length] = [0, 0];
      while (count < this.#unwritten.length && (count === 0 || length < MAX_ROW_LENGTH)) {
        length += this.#unwritten[count]?.length ?? 0;
        count += 1;
      }
      const firstId = this.#idOfNext();
      const entries = `[${this.#unwritten.splice(0, count).join(",")}]`;
      this.#sql.exec(
        "INSERT INTO ledger (first_id, last_at, entries) VALUES (?, ?, ?)",
        firstId,
        this.#lastAtMs,
        entries,
      );
      this.#nextId = firstId + count;
      const row = { first_id: firstId, last_at: this.#lastAtMs };
      if (this.#ends !== undefined) this.#ends = { oldest: this.#ends?.oldest ?? row, last: row };
    }
  }

  /** Drops what is in memory. */
  forget(): void {
    this.#nextId = undefined;
    this.#ends = undefined;
    this.#unwritten = [];
  }

  /** Rows from one on, in order, each read when it is asked for. */
  *#rowsFrom(firstId: number): Generator<EntriesRow> {
    for (let fromId = firstId; ; ) {
      const [row] = this.#sql.exec<EntriesRow>(
        "SELECT first_id, entries FROM ledger WHERE first_id >= ? ORDER BY first_id LIMIT 1",
        fromId,
      );
      if (!row) return;
      yield row;
      fromId = row.first_id + 1;
    }
  }

  #idOfNext(): number {
    if (this.#nextId !== undefined) return this.#nextId;
    const [row] = this.#sql.exec<EntriesRow>("SELECT first_id, entries FROM ledger ORDER BY first_id DESC LIMIT 1");
    return 1 + (row ? (entriesIn(row).at(-1)?.id ?? 0) : 0);
  }

  #findEnds(): { readonly oldest: LedgerRow; readonly last: LedgerRow } | null {
    if (this.#ends === undefined) {
      const end = (order: "ASC" | "DESC") => {
        const query = `SELECT first_id, last_at FROM ledger ORDER BY first_id ${order} LIMIT 1`;
        return this.#sql.exec<LedgerRow>(query).toArray()[0];
      };
      const [oldest, last] = [end("ASC"), end("DESC")];
      this.#ends = oldest && last ? { oldest, last } : null;
    }
    return this.#ends;
  }

  /** The id after which all entries made since a time come. Looks at every row's time, and at no entry. */
  #lastIdBefore(timeMs: number): number {
    const [row] = this.#sql.exec<{ id: number | null }>(
      "SELECT min(first_id) AS id FROM ledger WHERE last_at >= ?",
      timeMs,
    );
    return Math.max(0, (row?.id ?? Number.MAX_SAFE_INTEGER) - 1);
  }
}

function entriesIn({ first_id, entries }: EntriesRow): Numbered[] {
  return (JSON.parse(entries) as StoredEntry[]).map((entry, i) => ({ id: first_id + i, entry }));
}
