/** The order in which buckets were touched, for evictions. */
import type { Scope } from "../../core/index.ts";

/** A bucket, and the number of its last touch when it was found. */
export interface Touch extends Record<string, SqlStorageValue> {
  subject: string;
  touched_seq: number;
}

/** A pass over the rows of a scope. */
interface Scan {
  /** The buckets found by earlier passes, least recently touched first. */
  queue: Touch[];
  /** Buckets up to this number have been found, or touched since. */
  afterSeq: number;
  /** The last subject read; undefined between passes. */
  at: string | undefined;
  /** The least recently touched of the rows read so far. */
  best: Touch[];
}

/** How many rows are read at a time, which takes a few milliseconds. */
const MAX_ROWS_READ = 4096;
/** How many buckets one pass over a scope finds. */
const MAX_FOUND = 1024;

const SELECT = `SELECT subject, touched_seq FROM bucket WHERE scope = ? AND subject > ? ORDER BY subject LIMIT ?`;
const SELECT_FIRST = `SELECT subject, touched_seq FROM bucket WHERE scope = ? ORDER BY subject LIMIT ?`;

/**
 * Finds the least recently touched buckets of a scope without an index, which would double the rows written. One pass
 * over the scope's rows finds the next thousand. It reads a few thousand rows at a time, so in a large scope it takes
 * several calls.
 */
export class TouchOrder {
  readonly #sql: SqlStorage;
  readonly #writeTouches: () => void;
  readonly #scans = new Map<Scope, Scan>();

  /** @param writeTouches writes touches that are only in memory, so that a pass misses none */
  constructor(sql: SqlStorage, writeTouches: () => void) {
    this.#sql = sql;
    this.#writeTouches = writeTouches;
  }

  /** The buckets found so far. The caller removes those that were touched or deleted since. */
  known(scope: Scope): Touch[] {
    return this.#scanOf(scope).queue;
  }

  /**
   * Reads more rows of the scope.
   *
   * @returns true if `known` has become longer; false if that takes another call, or every bucket was found
   */
  read(scope: Scope): boolean {
    const scan = this.#scanOf(scope);
    if (scan.at === undefined) this.#writeTouches();
    const page = (query: string, ...from: string[]) => this.#sql.exec<Touch>(query, scope, ...from, MAX_ROWS_READ);
    const rows = (scan.at === undefined ? page(SELECT_FIRST) : page(SELECT, scan.at)).toArray();
    const newer = rows.filter(({ touched_seq }) => touched_seq > scan.afterSeq);
    scan.best = [...scan.best, ...newer].sort((a, b) => a.touched_seq - b.touched_seq).slice(0, MAX_FOUND);
    scan.at = rows.at(-1)?.subject ?? scan.at ?? "";
    if (rows.length === MAX_ROWS_READ) return false;
    const { best } = scan;
    scan.at = undefined;
    scan.best = [];
    scan.afterSeq = best.at(-1)?.touched_seq ?? scan.afterSeq;
    scan.queue.push(...best);
    return best.length > 0;
  }

  /** True while a pass has not reached the end of the scope. */
  isReading(scope: Scope): boolean {
    return this.#scans.get(scope)?.at !== undefined;
  }

  clear(): void {
    this.#scans.clear();
  }

  #scanOf(scope: Scope): Scan {
    const known = this.#scans.get(scope);
    if (known) return known;
    const scan: Scan = { queue: [], afterSeq: 0, at: undefined, best: [] };
    this.#scans.set(scope, scan);
    return scan;
  }
}
