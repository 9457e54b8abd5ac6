import { type BucketKey, keyOf, overflowKey, type Subject } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { type Scope, TENANT } from "./limits.ts";
import type { OpenReservations } from "./open-reservations.ts";
import type { Policy } from "./policy.ts";
import type { Rules } from "./rules.ts";

/**
 * Which subjects share the overflow bucket of their scope. In a scope that some limit counts for, no bucket is evicted
 * to make room, for its subject would begin anew; so once there are as many as `max_users` allows, subjects without a
 * bucket of their own count together, under the limits that each of them would have. They do so until that bucket is
 * idle, or the bound is raised: not just until there is room, for then they would begin anew as well.
 */
export class Overflow {
  readonly #store: BucketStore;
  readonly #reservations: OpenReservations;
  readonly #isOn: boolean;
  /** Of the scopes that some limit counts for: whether subjects without a bucket share one. */
  readonly #full = new Map<Scope, boolean>();
  /** Whether a scope has an overflow bucket, as last seen. What it says to be there is looked for again. */
  readonly #exists = new Map<Scope, boolean>();

  constructor(store: BucketStore, reservations: OpenReservations, rules: Rules) {
    this.#store = store;
    this.#reservations = reservations;
    this.#isOn = rules.whenFull === "overflow";
    if (this.#isOn) reservations.locate = (scope, subject) => this.#locate(scope, subject);
  }

  /** Finds out which scopes are full now. What reservations keep in a scope is counted anew if that has changed. */
  look({ limitsByScope, maxBuckets }: Policy): void {
    if (!this.#isOn) return;
    for (const scope of this.#full.keys()) if (!limitsByScope.has(scope)) this.#set(scope, false);
    for (const scope of limitsByScope.keys()) {
      if (scope === TENANT) continue;
      const isFull = maxBuckets !== null && (this.exists(scope) || this.#store.count(scope) >= maxBuckets);
      this.#set(scope, isFull);
    }
  }

  /** True if a subject counts in the overflow bucket, provided that it has no bucket of its own. */
  takes(key: BucketKey): boolean {
    return this.#full.get(key.scope) === true && this.#store.overridesOf(key) === undefined;
  }

  /** True if a scope has an overflow bucket. */
  exists(scope: Scope): boolean {
    if (scope === TENANT || this.#exists.get(scope) === false) return false;
    const exists = this.#store.get(overflowKey(scope)) !== undefined;
    this.#exists.set(scope, exists);
    return exists;
  }

  /** Learns that an overflow bucket was made. */
  made(scope: Scope): void {
    this.#exists.set(scope, true);
  }

  /** Has what reservations keep in a scope counted anew: it may be another bucket's now. */
  recount(scope: Scope): void {
    if (this.#full.get(scope)) this.#reservations.recount(scope);
  }

  /** Drops what is in memory. */
  discard(): void {
    this.#full.clear();
    this.#exists.clear();
  }

  #set(scope: Scope, isFull: boolean): void {
    if (this.#full.get(scope) === isFull) return;
    this.#full.set(scope, isFull);
    this.#reservations.recount(scope);
  }

  #locate(scope: Scope, subject: Subject): BucketKey | undefined {
    const key = keyOf(scope, subject);
    if (!key || !this.takes(key) || this.#store.get(key)) return key;
    return overflowKey(scope);
  }
}
