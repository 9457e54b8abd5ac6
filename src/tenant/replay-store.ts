import { RowWriter } from "./row-writer.ts";

/** How a request was answered the first time. */
export interface Recorded {
  /** The request, as canonical JSON. */
  readonly request: string;
  readonly answer: unknown;
}

interface Row extends Record<string, SqlStorageValue> {
  request: string;
  answer: string;
}

interface KeyRow extends Row {
  half_day: number;
  key: string;
}

const HALF_DAY_MS = 12 * 3_600_000;
/** How many half-days a key is kept beside the one it came in: 24 to 36 hours. */
const KEPT = 2;

const halfDayOf = (epochMs: number) => Math.floor(epochMs / HALF_DAY_MS);

/** The answers to requests with an idempotency key, each kept for 24 hours at the least. */
export class ReplayStore {
  readonly #sql: SqlStorage;
  readonly #rows: RowWriter;
  readonly #unwritten = new Map<string, Recorded & { readonly halfDay: number }>();
  /** The half-day of the oldest keys; null where there are none, undefined where that is not known. */
  #oldest: number | null | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#rows = new RowWriter(sql, "idempotency", ["half_day", "key"], ["request", "answer"]);
  }

  get(key: string, nowMs: number): Recorded | undefined {
    const unwritten = this.#unwritten.get(key);
    if (unwritten) return unwritten;
    const halfDay = halfDayOf(nowMs);
    // A clock can step back, over the start of the half-day that the key came in.
    const [row] = this.#sql.exec<Row>(
      "SELECT request, answer FROM idempotency WHERE half_day IN (?, ?, ?, ?) AND key = ?",
      halfDay + 1,
      halfDay,
      halfDay - 1,
      halfDay - KEPT,
      key,
    );
    return row && { request: row.request, answer: JSON.parse(row.answer) };
  }

  put(key: string, recorded: Recorded, nowMs: number): void {
    this.#unwritten.set(key, { ...recorded, halfDay: halfDayOf(nowMs) });
  }

  /** When the time of keeping the oldest keys is over; null where there are none. */
  keptUntilMs(): number | null {
    if (this.#oldest === undefined) {
      const query = "SELECT min(half_day) AS oldest FROM idempotency";
      this.#oldest = this.#sql.exec<{ oldest: number | null }>(query).one().oldest;
    }
    return this.#oldest === null ? null : (this.#oldest + KEPT + 1) * HALF_DAY_MS;
  }

  /** Drops keys whose time is over, so many at a time. */
  deleteOver(nowMs: number, limit: number): void {
    this.#oldest = undefined;
    this.#sql.exec(
      `DELETE FROM idempotency WHERE (half_day, key) IN
         (SELECT half_day, key FROM idempotency WHERE half_day < ? LIMIT ?)`,
      halfDayOf(nowMs) - KEPT,
      limit,
    );
  }

  /** Drops requests and answers whose text is meant. Reads them all. */
  drop(isMeant: (text: string) => boolean): void {
    this.flush();
    const rows = this.#sql.exec<KeyRow>("SELECT half_day, key, request, answer FROM idempotency");
    for (const { half_day, key } of rows.toArray().filter(({ request, answer }) => isMeant(request + answer))) {
      this.#sql.exec("DELETE FROM idempotency WHERE half_day = ? AND key = ?", half_day, key);
    }
  }

  flush(): void {
    const rows = Array.from(this.#unwritten, ([key, { halfDay, request, answer }]) => [
      halfDay,
      key,
      request,
      JSON.stringify(answer),
    ]);
    this.#rows.put(rows);
    if (this.#oldest !== undefined) {
      for (const { halfDay } of this.#unwritten.values()) this.#oldest = Math.min(halfDay, this.#oldest ?? halfDay);
    }
    this.#unwritten.clear();
  }

  forget(): void {
    this.#oldest = undefined;
    this.#unwritten.clear();
  }
}
