import TinyQueue from "tinyqueue";

interface Expiry {
  readonly id: string;
  readonly atMs: number;
}

/** How many entries that are out of date it keeps beside as many as it has ids. */
const SLACK = 1024;
/** How many are taken out one by one before the rest is sorted at once. */
const MAX_POPPED = 256;

/**
 * Which of many ids' times ends first; of those that end together, the least id. An id whose time changes has a new
 * entry, and the old one is passed over when its turn comes, or dropped with others once they are the most of all.
 */
export class ExpiryQueue {
  /** By id, when its time ends. */
  readonly #times = new Map<string, number>();
  #entries = queueOf([]);

  /** How many entries it has, those that are out of date among them. */
  get length(): number {
    return this.#entries.length;
  }

  set(id: string, atMs: number): void {
    if (this.#times.get(id) === atMs) return;
    this.#times.set(id, atMs);
    this.#entries.push({ id, atMs });
    this.#drop();
  }

  delete(id: string): void {
    this.#times.delete(id);
    this.#drop();
  }

  /** The id whose time ends first, and when; undefined where there is none. */
  first(): Expiry | undefined {
    for (let next = this.#entries.peek(); next; next = this.#entries.peek()) {
      if (this.#times.get(next.id) === next.atMs) return next;
      this.#entries.pop();
    }
    return undefined;
  }

  /** Takes out the ids whose time has ended, in order. */
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

  /** Sorts those whose time has ended, and makes the queue anew of the rest: for thousands, that is faster. */
  #takeMany(nowMs: number): string[] {
    const ended: Expiry[] = [];
    const left: Expiry[] = [];
    for (const [id, atMs] of this.#times) (atMs <= nowMs ? ended : left).push({ id, atMs });
    for (const { id } of ended) this.#times.delete(id);
    this.#entries = queueOf(left);
    return ended.sort(byTime).map(({ id }) => id);
  }

  #drop(): void {
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
