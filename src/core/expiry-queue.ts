/** A priority queue of ids by the time at which they expire. */
import TinyQueue from "tinyqueue";

interface Expiry {
  readonly id: string;
  readonly atMs: number;
}

/** How many outdated entries there can be, in addition to as many as there are ids. */
const SLACK = 1024;
/** How many ids are taken one by one before the rest is sorted at once. */
const MAX_POPPED = 256;

/**
 * Ids that expire at the same time are in order of the ids. When the time of an id changes, it gets a new entry; the
 * outdated one is skipped when it comes first, or removed with others once most entries are outdated.
 */
export class ExpiryQueue {
  readonly #times = new Map<string, number>();
  #entries = queueOf([]);

  /** The number of entries, outdated ones included. */
  get length(): number {
    return this.#entries.length;
  }

  set(id: string, atMs: number): void {
    if (this.#times.get(id) === atMs) return;
    this.#times.set(id, atMs);
    this.#entries.push({ id, atMs });
    this.#removeOutdated();
  }

  delete(id: string): void {
    this.#times.delete(id);
    this.#removeOutdated();
  }

  /** The id that expires first; undefined if there is none. */
  first(): Expiry | undefined {
    for (let next = this.#entries.peek(); next; next = this.#entries.peek()) {
      if (this.#times.get(next.id) === next.atMs) return next;
      this.#entries.pop();
    }
    return undefined;
  }

  /** Removes and returns the ids that have expired, in order. */
  takeUpTo(nowMs: number): string[] {
    const taken: string[] = [];
    for (let next = this.first(); next && next.atMs <= nowMs; next = this.first()) {
      if (taken.length === MAX_POPPED) return [...taken, ...this.#takeMany(nowMs)];
      this.#entries.pop();
      this.#times.delete(next.id);
      taken.push(next.id);
    }
    return taken;
  }

  clear(): void {
    this.#times.clear();
    this.#entries = queueOf([]);
  }

  /** Sorts the expired ids and rebuilds the queue from the rest, which is faster for thousands. */
  #takeMany(nowMs: number): string[] {
    const expired: Expiry[] = [];
    const left: Expiry[] = [];
    for (const [id, atMs] of this.#times) (atMs <= nowMs ? expired : left).push({ id, atMs });
    for (const { id } of expired) this.#times.delete(id);
    this.#entries = queueOf(left);
    return expired.sort(byTime).map(({ id }) => id);
  }

  #removeOutdated(): void {
    if (this.#entries.length <= 2 * this.#times.size + SLACK) return;
    this.#entries = queueOf([...this.#times].map(([id, atMs]) => ({ id, atMs })));
  }
}

function queueOf(entries: Expiry[]): TinyQueue<Expiry> {
  return new TinyQueue(entries, byTime);
}

function byTime(a: Expiry, b: Expiry): number {
  return a.atMs - b.atMs || (a.id < b.id ? -1 : 1);
}
