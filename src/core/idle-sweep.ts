import type { Bucket } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { type Scope, TENANT } from "./limits.ts";

/** How many buckets are looked at in one stretch of time, and how many of those in one operation. */
const MAX_SWEPT = 1000;
const SWEPT_AT_ONCE = 64;

/**
 * Goes through all buckets again and again, a few in passing of an operation, to find those that are idle though nobody
 * asks for them. Answers do not depend on it.
 */
export class IdleSweep {
  readonly #store: BucketStore;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  /** How many are still to be looked at in this stretch of time. */
  #left = 0;
  /** The scopes that this round has not gone through yet, and how far it has come in the first of them. */
  #scopes: Scope[] = [];
  #after: string | undefined;

  constructor(store: BucketStore) {
    this.#store = store;
  }

  /**
   * The next buckets to look at; none if this stretch of time has seen enough of them.
   *
   * @param everyMs the length of a stretch, a second at the least
   */
  next(everyMs: number, nowMs: number): readonly Bucket[] {
    const sinceMs = nowMs - this.#startedAtMs;
    // The time of the last start is kept, not of the next, so that a shorter stretch counts at once.
    if (sinceMs < 0 || sinceMs >= Math.max(1000, everyMs)) {
      this.#startedAtMs = nowMs;
      this.#left = MAX_SWEPT;
    }
    if (this.#left <= 0) return [];
    if (this.#scopes.length === 0) this.#scopes = [...this.#store.scopes()].filter((scope) => scope !== TENANT);
    const found: Bucket[] = [];
    for (let scope = this.#scopes[0]; scope !== undefined && found.length < SWEPT_AT_ONCE; [scope] = this.#scopes) {
      const some = this.#store.after(scope, this.#after, SWEPT_AT_ONCE - found.length);
      found.push(...some);
      this.#after = some.at(-1)?.subject;
      if (found.length < SWEPT_AT_ONCE || this.#after === undefined) {
        this.#scopes.shift();
        this.#after = undefined;
      }
    }
    // At the end of a round the rest of the time has nothing more to look at.
    this.#left = this.#scopes.length === 0 ? 0 : this.#left - found.length;
    return found;
  }
}
