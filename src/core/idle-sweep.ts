/** The sweep: finds idle buckets that nobody asks for. */
import type { Bucket } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { type Scope, TENANT } from "./limits.ts";

/** How many buckets are checked in one sweep, and how many of those with one operation. */
const MAX_PER_SWEEP = 1000;
const MAX_PER_OPERATION = 64;

/**
 * Goes through all buckets round after round, a few with each operation. Answers do not depend on it: an idle bucket
 * that is asked for is evicted anyway.
 */
export class IdleSweep {
  readonly #store: BucketStore;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  /** How many buckets this sweep has left. */
  #left = 0;
  /** The scopes that this round has not finished, and the last subject it checked in the first of them. */
  #scopes: Scope[] = [];
  #after: string | undefined;

  constructor(store: BucketStore) {
    this.#store = store;
  }

  /**
   * The next buckets to check; none if this sweep is over.
   *
   * @param everyMs how often a sweep starts, once a second at most
   */
  next(everyMs: number, nowMs: number): readonly Bucket[] {
    const sinceMs = nowMs - this.#startedAtMs;
    // Remembers the last start, not the next, so that a shorter interval takes effect at once.
    if (sinceMs < 0 || sinceMs >= Math.max(1000, everyMs)) {
      this.#startedAtMs = nowMs;
      this.#left = MAX_PER_SWEEP;
    }
    if (this.#left <= 0) return [];
    if (this.#scopes.length === 0) this.#scopes = [...this.#store.scopes()].filter((scope) => scope !== TENANT);
    const found: Bucket[] = [];
    for (let scope = this.#scopes[0]; scope !== undefined && found.length < MAX_PER_OPERATION; [scope] = this.#scopes) {
      const some = this.#store.after(scope, this.#after, MAX_PER_OPERATION - found.length);
      found.push(...some);
      this.#after = some.at(-1)?.subject;
      if (found.length < MAX_PER_OPERATION || this.#after === undefined) {
        this.#scopes.shift();
        this.#after = undefined;
      }
    }
    // A sweep is over at the end of a round.
    this.#left = this.#scopes.length === 0 ? 0 : this.#left - found.length;
    return found;
  }
}
