/** The answers to requests with an idempotency key. */
import { stringify } from "safe-stable-stringify";
import type { Caller } from "../../operations/index.ts";
import { takePage } from "./page-bounds.ts";
import { RowWriter } from "./row-writer.ts";
import { SaltedHash } from "./salted-hash.ts";

/** A request, and its first answer. */
export interface RecordedAnswer {
  /** The request as canonical JSON; its hash if its user was erased. */
  readonly request: string;
  /** The first token in the chain of the sender's token. Undefined in rows from before it was stored. */
  readonly sender: string | undefined;
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
/** A key is kept for the half-day in which it was first used and this many more: 24 to 36 hours. */
const KEPT_HALF_DAYS = 2;
/** How many rows one turn of an erasure reads, and how much text in UTF-16 units, beyond one row. */
const MAX_READ = 500;
const MAX_READ_LENGTH = 250_000;
/** How many rows it hashes, which costs ten times as much as reading one. */
const MAX_HASHED = 100;

const halfDayOf = (epochMs: number) => Math.floor(epochMs / HALF_DAY_MS);

/** Keeps each answer for at least 24 hours. */
export class ReplayStore {
  readonly #sql: SqlStorage;
  readonly #rows: RowWriter;
  readonly #unwritten = new Map<string, RecordedAnswer & { readonly halfDay: number }>();
  /** The half-day of the oldest keys; null if there are none; undefined if it has not been read. */
  #oldest: number | null | undefined;
  readonly #hash: SaltedHash;
  /** The half-day in which an erasure last hashed keys; null if none has; undefined if it has not been read. */
  #hashedIn: number | null | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#hash = new SaltedHash(sql);
    this.#rows = new RowWriter(sql, "idempotency", ["half_day", "key"], ["request", "answer"]);
  }

  /**
   * The stored form of a caller's key. Bound callers have keys of their own: they can neither learn nor block what
   * another caller sends under the same key.
   */
  keyOf(key: string, caller: Caller | undefined): string {
    const { user, labels = {} } = caller ?? {};
    if (user === undefined && Object.keys(labels).length === 0) return key;
    return this.#hash.of(stringify([user ?? null, labels, key]) ?? "");
  }

  /** The hash that replaces an erased user's key. */
  hashOf(key: string): string {
    return this.#hash.of(key);
  }

  get(key: string, nowMs: number): RecordedAnswer | undefined {
    const unwritten = this.#unwritten.get(key);
    if (unwritten) return unwritten;
    const halfDay = halfDayOf(nowMs);
    // One half-day ahead: the clock can step back over the start of the half-day in which the key was used.
    const [row] = this.#sql.exec<Row>(
      "SELECT request, answer FROM idempotency WHERE half_day IN (?, ?, ?, ?) AND key IN (?, ?)",
      halfDay + 1,
      halfDay,
      halfDay - 1,
      halfDay - KEPT_HALF_DAYS,
      key,
      this.#mayBeHashed(halfDay) ? this.#hash.of(key) : key,
    );
    return row && { ...requestIn(row), answer: JSON.parse(row.answer) };
  }

  isSame(recorded: RecordedAnswer, request: string): boolean {
    return recorded.request === request || (isHashed(recorded) && recorded.request === this.#hash.of(request));
  }

  /** The stored form of a key that another sender has already used for another request. */
  keyOfSender(key: string, sender: string): string {
    return this.#hash.of(stringify([sender, key]) ?? "");
  }

  put(key: string, recorded: RecordedAnswer, nowMs: number): void {
    this.#unwritten.set(key, { ...recorded, halfDay: halfDayOf(nowMs) });
  }

  /** When the oldest keys expire, in epoch milliseconds; null if there are none. */
  nextExpiryMs(): number | null {
    if (this.#oldest === undefined) {
      const query = "SELECT min(half_day) AS oldest FROM idempotency";
      this.#oldest = this.#sql.exec<{ oldest: number | null }>(query).one().oldest;
    }
    return this.#oldest === null ? null : (this.#oldest + KEPT_HALF_DAYS + 1) * HALF_DAY_MS;
  }

  /** Deletes up to `limit` expired keys. */
  deleteExpired(nowMs: number, limit: number): void {
    this.#oldest = undefined;
    this.#sql.exec(
      `DELETE FROM idempotency WHERE (half_day, key) IN
         (SELECT half_day, key FROM idempotency WHERE half_day < ? LIMIT ?)`,
      halfDayOf(nowMs) - KEPT_HALF_DAYS,
      limit,
    );
  }

  /**
   * Hashes key and request in some of the rows after one, if `change` returns another answer for them. Retries still
   * match a hash, and it does not reveal the user.
   *
   * @returns the row to continue after; undefined at the end
   */
  hashSome(
    after: readonly [halfDay: number, key: string],
    change: (request: string, answer: unknown) => unknown,
    nowMs: number,
  ): readonly [halfDay: number, key: string] | undefined {
    this.flush();
    const found = this.#sql.exec<KeyRow>(
      `SELECT half_day, key, request, answer FROM idempotency WHERE (half_day, key) > (?, ?)
       ORDER BY half_day, key LIMIT ?`,
      ...after,
      MAX_READ + 1,
    );
    const { rows, hasMore } = takePage(found, MAX_READ, MAX_READ_LENGTH);
    let hashed = 0;
    for (const row of rows) {
      if (hashed === MAX_HASHED) return after;
      after = [row.half_day, row.key];
      const answer: unknown = JSON.parse(row.answer);
      const changed = isHashed(row) ? answer : change(requestIn(row).request, answer);
      if (changed === answer) continue;
      this.#hashRow(row, changed, nowMs);
      hashed += 1;
    }
    return hasMore ? after : undefined;
  }

  flush(): void {
    const rows = Array.from(this.#unwritten, ([key, { halfDay, request, sender = "", answer }]) => [
      halfDay,
      key,
      `${request}\n${sender}`,
      JSON.stringify(answer),
    ]);
    this.#rows.put(rows);
    if (this.#oldest !== undefined) {
      for (const { halfDay } of this.#unwritten.values()) this.#oldest = Math.min(halfDay, this.#oldest ?? halfDay);
    }
    this.#unwritten.clear();
  }

  discard(): void {
    this.#oldest = undefined;
    this.#hashedIn = undefined;
    this.#hash.discard();
    this.#unwritten.clear();
  }

  #hashRow(row: KeyRow, answer: unknown, nowMs: number): void {
    const { half_day, key } = row;
    const { request, sender = "" } = requestIn(row);
    this.#sql.exec("DELETE FROM idempotency WHERE half_day = ? AND key = ?", half_day, key);
    this.#rows.put([[half_day, this.#hash.of(key), `${this.#hash.of(request)}\n${sender}`, JSON.stringify(answer)]]);
    const halfDay = halfDayOf(nowMs);
    if (this.#hashedIn === halfDay) return;
    this.#hashedIn = halfDay;
    this.#sql.exec("UPDATE hash_salt SET keys_hashed_in = ?", halfDay);
  }

  /** False if every row that an erasure hashed has expired. */
  #mayBeHashed(halfDay: number): boolean {
    if (this.#hashedIn === undefined) {
      const query = "SELECT keys_hashed_in AS hashedIn FROM hash_salt";
      this.#hashedIn = this.#sql.exec<{ hashedIn: number | null }>(query).toArray()[0]?.hashedIn ?? null;
    }
    return this.#hashedIn !== null && halfDay - KEPT_HALF_DAYS <= this.#hashedIn;
  }
}

/** The column has the request's canonical JSON, and on a second line its sender. */
function requestIn({ request: text }: Row): Pick<RecordedAnswer, "request" | "sender"> {
  const [request = "", sender] = text.split("\n");
  return { request, sender };
}

/** Hashes begin with `#`; canonical JSON never does. */
export function isHashed({ request }: { readonly request: string }): boolean {
  return request.startsWith("#");
}
