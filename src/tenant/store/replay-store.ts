import { stringify } from "safe-stable-stringify";
import type { Caller } from "../../operations/index.ts";
import { takePage } from "./page-bounds.ts";
import { RowWriter } from "./row-writer.ts";
import { SaltedHash } from "./salted-hash.ts";

/** How a request was answered the first time. */
export interface Recorded {
  /** The request, as canonical JSON; its hash once its user was erased. */
  readonly request: string;
  /** Whose token it came with: the first one of its line. Undefined if that was not kept yet. */
  readonly sender: string | undefined;
  readonly answer: unknown;
}

interface Row extends Record<string, SqlStorageValue> {
  request: string;
  answer: string;
}

/** A stored key, with what came under it. */
export interface KeyRow extends Row {
  half_day: number;
  key: string;
}

const HALF_DAY_MS = 12 * 3_600_000;
/** How many half-days a key is kept beside the one it came in: 24 to 36 hours. */
const KEPT = 2;
/** How many rows one turn of an erasure reads, and how much of their text, beyond one row. */
const MAX_READ = 500;
const MAX_READ_LENGTH = 250_000;
/** How many it hashes, which costs ten times as much as reading one. */
const MAX_HASHED = 100;

const halfDayOf = (epochMs: number) => Math.floor(epochMs / HALF_DAY_MS);

/** The answers to requests with an idempotency key, each kept for 24 hours at the least. */
export class ReplayStore {
  readonly #sql: SqlStorage;
  readonly #rows: RowWriter;
  readonly #unwritten = new Map<string, Recorded & { readonly halfDay: number }>();
  /** The half-day of the oldest keys; null where there are none, undefined where that is not known. */
  #oldest: number | null | undefined;
  readonly #hash: SaltedHash;
  /** The half-day in which an erasure last hashed keys; null if none has, undefined if that is not known. */
  #hashedIn: number | null | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#hash = new SaltedHash(sql);
    this.#rows = new RowWriter(sql, "idempotency", ["half_day", "key"], ["request", "answer"]);
  }

  /**
   * What a caller's key is stored as. The keys of a caller bound to a user or to labels are its own, so that it neither
   * learns nor keeps from being counted what another sends under the same key.
   */
  keyOf(key: string, caller: Caller | undefined): string {
    const { user, labels = {} } = caller ?? {};
    if (user === undefined && Object.keys(labels).length === 0) return key;
    return this.#hash.of(stringify([user ?? null, labels, key]) ?? "");
  }

  /** What stands for a key of an erased person. */
  hashOf(key: string): string {
    return this.#hash.of(key);
  }

  get(key: string, nowMs: number): Recorded | undefined {
    const unwritten = this.#unwritten.get(key);
    if (unwritten) return unwritten;
    const halfDay = halfDayOf(nowMs);
    // A clock can step back, over the start of the half-day that the key came in.
    const [row] = this.#sql.exec<Row>(
      "SELECT request, answer FROM idempotency WHERE half_day IN (?, ?, ?, ?) AND key IN (?, ?)",
      halfDay + 1,
      halfDay,
      halfDay - 1,
      halfDay - KEPT,
      key,
      this.#mayBeHashed(halfDay) ? this.#hash.of(key) : key,
    );
    return row && { ...requestIn(row), answer: JSON.parse(row.answer) };
  }

  /** True if a request is the one that was recorded. */
  isSame(recorded: Recorded, request: string): boolean {
    return recorded.request === request || (isHashed(recorded) && recorded.request === this.#hash.of(request));
  }

  /**
   * What a key is stored as that others have used for another request, so that nobody keeps a report from being counted
   * by using its key first.
   */
  keyBeside(key: string, sender: string): string {
    return this.#hash.of(stringify([sender, key]) ?? "");
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

  /**
   * Looks through some of the rows after one, and hashes the key and the request of those of which `change` returns
   * another answer: a retry is still recognised, and nothing says whose it was.
   *
   * @param after a half-day and a key
   * @returns after which row to go on; undefined at the end
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

  /** Whether a key can be stored as its hash: rows of an erasure are kept no longer than others. */
  #mayBeHashed(halfDay: number): boolean {
    if (this.#hashedIn === undefined) {
      const query = "SELECT keys_hashed_in AS hashedIn FROM hash_salt";
      this.#hashedIn = this.#sql.exec<{ hashedIn: number | null }>(query).toArray()[0]?.hashedIn ?? null;
    }
    return this.#hashedIn !== null && halfDay - KEPT <= this.#hashedIn;
  }
}

/** A row has a request's canonical JSON, and on a second line whose token it came with. */
function requestIn({ request: text }: Row): Pick<Recorded, "request" | "sender"> {
  const [request = "", sender] = text.split("\n");
  return { request, sender };
}

/** Canonical JSON of a request begins otherwise. */
export function isHashed({ request }: { readonly request: string }): boolean {
  return request.startsWith("#");
}
