import type { Scope } from "../../core/index.ts";

/** A bucket of a scope, and its place in the order of touches when it was found. */
export interface Touch extends Record<string, SqlStorageValue> {
  subject: string;
  touched_seq: number;
}

interface Scan {
  /** Those found, the one touched the longest ago first. */
  queue: Touch[];
  /** Those before this place have been found, or have been touched since. */
  afterSeq: number;
  /** Where in the table it stands; undefined before it begins. */
  at: string | undefined;
  /** The oldest of what was read so far. */
  best: Touch[];
}

/** How many rows are read at a time: a few milliseconds' worth. */
const READ_AT_ONCE = 4096;
/** How many buckets one pass over a scope finds. */
const FOUND = 1024;

const SELECT = `SELECT subject, touched_seq FROM bucket WHERE scope = ? AND subject > ? ORDER BY subject LIMIT ?`;
const SELECT_FIRST = `SELECT subject, touched_seq FROM bucket WHERE scope = ? ORDER BY subject LIMIT ?`;

/**
 * The order in which a scope's buckets were touched, the longest ago first, without an index, which would double the
 * rows that each write costs. One pass over the scope's rows finds the next thousand; it reads a few thousand rows at a
 * time, so that in a large scope it takes several calls until the first is known.
 */
export class TouchOrder {
  readonly #sql: SqlStorage;
  readonly #writeTouches: () => void;
  readonly #scans = new Map<Scope, Scan>();

  /** @param writeTouches writes what memory alone knows of touches, so that a pass misses none */
  constructor(sql: SqlStorage, writeTouches: () => void) {
    this.#sql = sql;
    this.#writeTouches = writeTouches;
  }

  /** What is known of the order. Those that have lost their place are to be taken out of it. */
  known(scope: Scope): Touch[] {
    return this.#scanOf(scope).queue;
  }

  /**
   * Reads some more of the scope.
   *
   * @returns true if `known` has become longer; false if that takes another call, or there is nothing more to find
   */
  read(scope: Scope): boolean {
    const scan = this.#scanOf(scope);
    if (scan.at === undefined) this.#writeTouches();
    const page = (query: string, ...from: string[]) => this.#sql.exec<Touch>(query, scope, ...from, READ_AT_ONCE);
    const rows = (scan.at === undefined ? page(SELECT_FIRST) : page(SELECT, scan.at)).toArray();
    const newer = rows.filter(({ touched_seq }) => touched_seq > scan.afterSeq);
    scan.best = [...scan.best, ...newer].sort((a, b) => a.touched_seq - b.touched_seq).slice(0, FOUND);
    scan.at = rows.at(-1)?.subject ?? scan.at ?? "";
    if (rows.length === READ_AT_ONCE) return false;
    const { best } = scan;
    scan.at = undefined;
    scan.best = [];
    scan.afterSeq = best.at(-1)?.touched_seq ?? scan.afterSeq;
    scan.queue.push(...best);
    return best.length > 0;
  }

  /** True while a pass has not come to the end of the scope. */
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
