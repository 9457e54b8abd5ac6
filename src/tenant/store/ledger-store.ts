import { type Bucket, type EvictionCause, NO_USAGE, nameOf, subtractUsage } from "../../core/index.ts";
import type { LedgerEntry, LedgerQuery, Page } from "../../wire/index.ts";
import { keepValue, keptValue } from "./kept-values.ts";
import { type EntryBody, entryAnswer, hasLabel, isOfUser, type StoredEntry } from "./ledger-entry.ts";
import { type Bounded, MAX_PAGE_LENGTH, takePage } from "./page-bounds.ts";
import { Refusals, type Repeated } from "./refusals.ts";
import { usageList } from "./usage-list.ts";

interface EntriesRow extends Record<string, SqlStorageValue> {
  first_id: number;
  entries: string;
}

/** An entry of the ledger and its id. */
export interface Numbered {
  readonly id: number;
  readonly entry: StoredEntry;
}

interface Unwritten {
  readonly atMs: number;
  readonly json: string;
  /** Of a refusal. */
  readonly repeated: Repeated | undefined;
}

/** The most text in a row, in UTF-16 units: well within the 2 MB of a row, however many bytes each takes. */
const MAX_ROW_LENGTH = 500_000;
/** Entries of one row are made within this time of each other, so that a row's last time says of them all when they were made. */
const MAX_ROW_MS = 60_000;
/** How many rows one page looks through before it leaves the rest to the next. */
const MAX_ROWS_READ = 500;
/** How much text one turn of the clean-up, or of an erasure, reads, beyond one row. */
const MAX_READ_LENGTH = 250_000;
/** How many rows one turn of an erasure reads. */
const MAX_REWRITTEN = 500;
/** Where the next id is kept once no row tells it. */
const NEXT_ID = "ledger_next_id";

/**
 * The record of what happened, in order, never changed but that refusals are counted in the entry of the first of a
 * minute, and erased persons have pseudonyms. The entries of one flush share rows, so that an entry costs
 * but a part of a row written.
 */
export class LedgerStore {
  readonly #sql: SqlStorage;
  #nextId: number | undefined;
  /** When the oldest row's entries had all been made; null if there is no row, undefined if that is not known. */
  #oldestLastAtMs: number | null | undefined;
  /** Not written yet. */
  #unwritten: Unwritten[] = [];
  readonly #refusals = new Refusals();

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
    const repeated = kind === "refusal" ? this.#refusals.add(entry) : undefined;
    if (kind === "refusal" && !repeated) return;
    this.#unwritten.push({ atMs: nowMs, json: JSON.stringify(entry), repeated });
  }

  /** Tells that a bucket was forgotten, and the totals that went with it. */
  eviction(bucket: Bucket, cause: EvictionCause, nowMs: number): void {
    const [started_at, touched_at] = [bucket.startedAtMs, bucket.touchedAtMs].map((ms) => new Date(ms).toISOString());
    const usage = usageList(subtractUsage(NO_USAGE, bucket.usage));
    this.append("eviction", { bucket: nameOf(bucket), cause, usage, started_at, touched_at }, nowMs);
  }

  /** Entries after an id that fit every filter, in order. A page can be short, or empty, and not be the last. */
  page({ after, limit, kind, user_id, label, since, until }: LedgerQuery): Page<LedgerEntry> {
    const sinceMs = since === undefined ? ALL_TIME.sinceMs : Date.parse(since);
    const untilMs = until === undefined ? ALL_TIME.untilMs : Date.parse(until);
    const [, name = "", value = ""] = /^(.*?):(.*)$/su.exec(label ?? "") ?? [];
    const fits = ({ entry }: Numbered) =>
      (kind === undefined || entry.kind === kind) &&
      (user_id === undefined || isOfUser(entry, user_id === "" ? null : user_id)) &&
      (label === undefined || hasLabel(entry, name, value)) &&
      entry.at >= sinceMs &&
      entry.at < untilMs;
    const items: LedgerEntry[] = [];
    let [lastId, length] = [after, 0];
    for (const numbered of this.entries(after, { sinceMs, untilMs })) {
      if (items.length > 0 && length + numbered.length > MAX_PAGE_LENGTH) return { items, next: lastId };
      if (items.length === limit || isPastBounds(numbered)) return { items, next: lastId };
      lastId = numbered.id;
      if (!fits(numbered)) continue;
      items.push(entryAnswer(numbered.entry, numbered.id));
      length += numbered.length;
    }
    return { items, next: null };
  }

  /** Entries after an id, in order, in rows that can have some of a stretch of time. */
  *entries(after = 0, stretch = ALL_TIME): Generator<Read> {
    this.flush();
    const [start] = this.#sql.exec<{ id: number | null }>(
      "SELECT max(first_id) AS id FROM ledger WHERE first_id <= ?",
      after + 1,
    );
    let [rowsRead, lengthRead] = [0, 0];
    for (const row of this.#rowsFrom(start?.id ?? 0, stretch)) {
      rowsRead += 1;
      lengthRead += row.entries.length;
      const entries = entriesIn(row);
      const length = row.entries.length / entries.length;
      for (const { id, entry } of entries) {
        if (id > after) yield { id, entry, length, rowsRead, lengthRead };
      }
    }
  }

  /** The last id that was given; 0 before the first. */
  lastId(): number {
    this.flush();
    return this.#idOfNext() - 1;
  }

  /**
   * Changes entries of which `change` returns another, in some rows from one on, up to an entry. Their ids, their order
   * and their sums have to stay.
   *
   * @returns from which entry to go on; undefined at the end
   */
  rewriteSome(from: number, to: number, change: (entry: StoredEntry) => StoredEntry): number | undefined {
    this.flush();
    const found = this.#sql.exec<EntriesRow>(
      "SELECT first_id, entries FROM ledger WHERE first_id >= ? AND first_id <= ? ORDER BY first_id LIMIT ?",
      from,
      to,
      MAX_REWRITTEN + 1,
    );
    const { rows, hasMore } = takePage(found, MAX_REWRITTEN, MAX_READ_LENGTH);
    for (const row of rows) this.#change(row, ({ entry }) => change(entry));
    // What is refused from now on is another's.
    this.#refusals.clear();
    const last = rows.at(-1);
    return hasMore && last ? last.first_id + 1 : undefined;
  }

  /** When the oldest entries have been kept for their time; null if there are none. */
  keptUntilMs(retentionMs: number): number | null {
    if (this.#oldestLastAtMs === undefined) {
      const query = "SELECT last_at FROM ledger ORDER BY first_id LIMIT 1";
      this.#oldestLastAtMs = this.#sql.exec<{ last_at: number }>(query).toArray()[0]?.last_at ?? null;
    }
    return this.#oldestLastAtMs === null ? null : this.#oldestLastAtMs + retentionMs;
  }

  /** When the first of the kept entries was made; infinity if none is kept. */
  oldestAtMs(): number {
    const [row] = this.#rowsFrom(0, ALL_TIME);
    return row ? Math.min(...entriesIn(row).map(({ entry }) => entry.at)) : Number.POSITIVE_INFINITY;
  }

  /** The oldest rows whose entries were all made by a time: some of them, and whether there are more. */
  rowsUpTo(cutoffMs: number, limit: number): Bounded<{ readonly firstId: number; readonly entries: Numbered[] }> {
    const found = this.#sql.exec<EntriesRow>(
      "SELECT first_id, entries FROM ledger WHERE last_at <= ? ORDER BY first_id LIMIT ?",
      cutoffMs,
      limit + 1,
    );
    const { rows, hasMore } = takePage(found, limit, MAX_READ_LENGTH);
    return { rows: rows.map((row) => ({ firstId: row.first_id, entries: entriesIn(row) })), hasMore };
  }

  deleteRow(firstId: number): void {
    const nextId = this.#idOfNext();
    this.#sql.exec("DELETE FROM ledger WHERE first_id = ?", firstId);
    this.#nextId = nextId;
    this.#oldestLastAtMs = undefined;
    if (this.#sql.exec("SELECT 1 FROM ledger LIMIT 1").toArray().length === 0) {
      keepValue(this.#sql, NEXT_ID, String(nextId));
    }
  }

  /** Writes the entries that are not written yet, in as few rows as they fit in. */
  flush(): void {
    this.#countAgain();
    while (this.#unwritten.length > 0) {
      const { count, lastAtMs } = this.#nextRow();
      const firstId = this.#idOfNext();
      const entries = this.#unwritten.splice(0, count).map(({ json, repeated }, i) => {
        if (repeated) repeated.id = firstId + i;
        return repeated && repeated.times > 1 ? JSON.stringify({ ...repeated.entry, times: repeated.times }) : json;
      });
      this.#sql.exec(
        "INSERT INTO ledger (first_id, last_at, entries) VALUES (?, ?, ?)",
        firstId,
        lastAtMs,
        `[${entries.join(",")}]`,
      );
      this.#nextId = firstId + count;
      if (this.#oldestLastAtMs === null) this.#oldestLastAtMs = lastAtMs;
    }
  }

  /** Drops what is in memory. */
  discard(): void {
    this.#nextId = undefined;
    this.#oldestLastAtMs = undefined;
    this.#unwritten = [];
    this.#refusals.clear();
  }

  /** Writes how often refusals have happened that are written already: those of the last minute, in its few rows. */
  #countAgain(): void {
    const times = this.#refusals.takeAgain();
    while (times.size > 0) {
      const [first = 0] = times.keys();
      const query = "SELECT first_id, entries FROM ledger WHERE first_id <= ? ORDER BY first_id DESC LIMIT 1";
      const [row] = this.#sql.exec<EntriesRow>(query, first);
      if (row) {
        this.#change(row, ({ entry, id }) => (times.has(id) ? { ...entry, times: times.get(id) } : entry));
        for (const { id } of entriesIn(row)) times.delete(id);
      }
      times.delete(first);
    }
  }

  /** Changes the entries of a row of which `change` returns another. */
  #change(row: EntriesRow, change: (numbered: Numbered) => StoredEntry): void {
    const entries = entriesIn(row);
    const changed = entries.map(change);
    if (changed.every((entry, i) => entry === entries[i]?.entry)) return;
    this.#sql.exec("UPDATE ledger SET entries = ? WHERE first_id = ?", JSON.stringify(changed), row.first_id);
  }

  /** How many unwritten entries share the next row, and the latest of their times: a clock can step back. */
  #nextRow(): { readonly count: number; readonly lastAtMs: number } {
    let [count, length, firstAtMs, lastAtMs] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { atMs, json } of this.#unwritten) {
      const [first, last] = [Math.min(firstAtMs, atMs), Math.max(lastAtMs, atMs)];
      if (count > 0 && (length >= MAX_ROW_LENGTH || last - first > MAX_ROW_MS)) break;
      [count, length, firstAtMs, lastAtMs] = [count + 1, length + json.length, first, last];
    }
    return { count, lastAtMs };
  }

  /** Rows from one on, in order, each read when it is asked for: those that can have entries of a stretch of time. */
  *#rowsFrom(firstId: number, { sinceMs, untilMs }: Stretch): Generator<EntriesRow> {
    for (let fromId = firstId; ; ) {
      const [row] = this.#sql.exec<EntriesRow>(
        "SELECT first_id, entries FROM ledger WHERE first_id >= ? AND last_at >= ? AND last_at <= ? ORDER BY first_id LIMIT 1",
        fromId,
        sinceMs,
        untilMs + MAX_ROW_MS,
      );
      if (!row) return;
      yield row;
      fromId = row.first_id + 1;
    }
  }

  #idOfNext(): number {
    if (this.#nextId !== undefined) return this.#nextId;
    const [row] = this.#sql.exec<EntriesRow>("SELECT first_id, entries FROM ledger ORDER BY first_id DESC LIMIT 1");
    const last = row && entriesIn(row).at(-1);
    this.#nextId = last ? last.id + 1 : Number(keptValue(this.#sql, NEXT_ID) ?? 1);
    return this.#nextId;
  }
}

/** From a time on, and before another. */
interface Stretch {
  readonly sinceMs: number;
  readonly untilMs: number;
}

const ALL_TIME: Stretch = { sinceMs: Number.MIN_SAFE_INTEGER, untilMs: Number.MAX_SAFE_INTEGER };

/** An entry, about how much text it has, and how many rows, and how much of their text, were read up to it. */
interface Read extends Numbered {
  readonly length: number;
  readonly rowsRead: number;
  readonly lengthRead: number;
}

function isPastBounds({ rowsRead, lengthRead }: Read): boolean {
  return rowsRead > MAX_ROWS_READ || (rowsRead > 1 && lengthRead > MAX_PAGE_LENGTH);
}

function entriesIn({ first_id, entries }: EntriesRow): Numbered[] {
  return (JSON.parse(entries) as StoredEntry[]).map((entry, i) => ({ id: first_id + i, entry }));
}
