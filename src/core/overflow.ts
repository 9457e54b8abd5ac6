/** Overflow buckets: which subjects share the overflow bucket of their scope. */
import { type BucketKey, keyOf, overflowKey, type Subject } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { type Scope, TENANT } from "./limits.ts";
import type { OpenReservations } from "./open-reservations.ts";
import type { Policy } from "./policy.ts";
import type { Rules } from "./rules.ts";

/**
 * In a scope that a limit counts for, evicting a bucket to make room would reset its subject's limit. So once the scope
 * has as many buckets as `max_users` allows, subjects without a bucket of their own share one, under the limits that
 * each of them would have. They share it until it is idle or the bound is raised; not just until there is room, which
 * would reset their limits as well.
 */
export class Overflow {
  readonly #store: BucketStore;
  readonly #reservations: OpenReservations;
  readonly #isOn: boolean;
  /** Of scopes that a limit counts for: whether subjects without a bucket share one. */
  readonly #full = new Map<Scope, boolean>();
  /** Whether a scope had an overflow bucket when it was last checked. True is checked again; it may be evicted. */
  readonly #hasBucket = new Map<Scope, boolean>();

  constructor(store: BucketStore, reservations: OpenReservations, rules: Rules) {
    this.#store = store;
    this.#reservations = reservations;
    this.#isOn = rules.whenFull === "overflow";
    if (this.#isOn) reservations.locate = (scope, subject) => this.#locate(scope, subject);
  }

  /** Checks which scopes are full now, and recounts the reservations of those that were not before, or are no longer. */
  refresh({ limitsByScope, maxBuckets }: Policy): void {
    if (!this.#isOn) return;
    for (const scope of this.#full.keys()) if (!limitsByScope.has(scope)) this.#setFull(scope, false);
    for (const scope of limitsByScope.keys()) {
      if (scope === TENANT) continue;
      const isFull = maxBuckets !== null && (this.hasBucket(scope) || this.#store.count(scope) >= maxBuckets);
      this.#setFull(scope, isFull);
    }
  }

  /** True if a subject without a bucket of its own counts in the overflow bucket. */
  includes(key: BucketKey): boolean {
    return this.#full.get(key.scope) === true && this.#store.overridesOf(key) === undefined;
  }

  hasBucket(scope: Scope): boolean {
    if (scope === TENANT || this.#hasBucket.get(scope) === false) return false;
    const exists = this.#store.get(overflowKey(scope)) !== undefined;
    this.#hasBucket.set(scope, exists);
    return exists;
  }

  /** Must be called when an overflow bucket is created. */
  noteCreated(scope: Scope): void {
    this.#hasBucket.set(scope, true);
  }

  /** Recounts the reservations of a scope, some of which may count in another bucket now. */
  recount(scope: Scope): void {
    if (this.#full.get(scope)) this.#reservations.recount(scope);
  }

  /** Discards what is in memory. */
  discard(): void {
    this.#full.clear();
    this.#hasBucket.clear();
  }

  #setFull(scope: Scope, isFull: boolean): void {
    if (this.#full.get(scope) === isFull) return;
    this.#full.set(scope, isFull);
    this.#reservations.recount(scope);
  }

  #locate(scope: Scope, subject: Subject): BucketKey | undefined {
    const key = keyOf(scope, subject);
    if (!key || !this.includes(key) || this.#store.get(key)) return key;
    return overflowKey(scope);
  }
}
