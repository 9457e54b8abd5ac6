/** The ledger's table: rows of entries that were committed together. */
import type { StoredEntry } from "./ledger-entry.ts";
import { type Bounded, takePage } from "./page-bounds.ts";

/** The entries of one row span at most this, so that a row's last time bounds the times of all of them. */
export const MAX_ROW_MS = 60_000;

/** How much text one turn of the clean-up or of an erasure reads, in UTF-16 units, beyond one row. */
const MAX_READ_LENGTH = 250_000;

export interface EntriesRow extends Record<string, SqlStorageValue> {
  first_id: number;
  entries: string;
}

/** An entry of the ledger and its id. */
export interface NumberedEntry {
  readonly id: number;
  readonly entry: StoredEntry;
}

/** From `sinceMs`, inclusive, to `untilMs`, exclusive. */
export interface TimeRange {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export const ALL_TIME: TimeRange = { sinceMs: Number.MIN_SAFE_INTEGER, untilMs: Number.MAX_SAFE_INTEGER };

/** The SQL of the ledger. It knows rows only; ids are given by `LedgerStore`. */
export class LedgerRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  insert(firstId: number, lastAtMs: number, entries: readonly string[]): void {
    this.#sql.exec(
      "INSERT INTO ledger (first_id, last_at, entries) VALUES (?, ?, ?)",
      firstId,
      lastAtMs,
      `[${entries.join(",")}]`,
    );
  }

  /** Replaces the entries for which `change` returns another one. Writes nothing if there are none. */
  update(row: EntriesRow, change: (numbered: NumberedEntry) => StoredEntry): void {
    const entries = entriesIn(row);
    const changed = entries.map(change);
    if (changed.every((entry, i) => entry === entries[i]?.entry)) return;
    this.#sql.exec("UPDATE ledger SET entries = ? WHERE first_id = ?", JSON.stringify(changed), row.first_id);
  }

  delete(firstId: number): void {
    this.#sql.exec("DELETE FROM ledger WHERE first_id = ?", firstId);
  }

  get isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM ledger LIMIT 1").toArray().length === 0;
  }

  last(): EntriesRow | undefined {
    const [row] = this.#sql.exec<EntriesRow>("SELECT first_id, entries FROM ledger ORDER BY first_id DESC LIMIT 1");
    return row;
  }

  /** The time of the last entry of the oldest row; null if there is no row. */
  oldestLastAtMs(): number | null {
    const query = "SELECT last_at FROM ledger ORDER BY first_id LIMIT 1";
    return this.#sql.exec<{ last_at: number }>(query).toArray()[0]?.last_at ?? null;
  }

  /** The first id of the row that has an entry; 0 if there is none. */
  firstIdOfRowWith(id: number): number {
    const query = "SELECT max(first_id) AS id FROM ledger WHERE first_id <= ?";
    return this.#sql.exec<{ id: number | null }>(query, id).one().id ?? 0;
  }

  /** The row that has an entry. */
  rowWith(id: number): EntriesRow | undefined {
    const query = "SELECT first_id, entries FROM ledger WHERE first_id <= ? ORDER BY first_id DESC LIMIT 1";
    const [row] = this.#sql.exec<EntriesRow>(query, id);
    return row;
  }

  /** Rows from `firstId` on that can have entries in a time range, in order, each read when it is asked for. */
  *from(firstId: number, { sinceMs, untilMs }: TimeRange): Generator<EntriesRow> {
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

  /** Some of the rows whose first id is between two, both included. */
  between(fromId: number, toId: number, limit: number): Bounded<EntriesRow> {
    const found = this.#sql.exec<EntriesRow>(
      "SELECT first_id, entries FROM ledger WHERE first_id >= ? AND first_id <= ? ORDER BY first_id LIMIT ?",
      fromId,
      toId,
      limit + 1,
    );
    return takePage(found, limit, MAX_READ_LENGTH);
  }

  /** Some of the rows whose entries are all from `cutoffMs` or earlier, the oldest first. */
  upTo(cutoffMs: number, limit: number): Bounded<EntriesRow> {
    const found = this.#sql.exec<EntriesRow>(
      "SELECT first_id, entries FROM ledger WHERE last_at <= ? ORDER BY first_id LIMIT ?",
      cutoffMs,
      limit + 1,
    );
    return takePage(found, limit, MAX_READ_LENGTH);
  }
}

export function entriesIn({ first_id, entries }: EntriesRow): NumberedEntry[] {
  return (JSON.parse(entries) as StoredEntry[]).map((entry, i) => ({ id: first_id + i, entry }));
}
