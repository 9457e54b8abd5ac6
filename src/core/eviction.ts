/** Eviction: of idle buckets, and of the least recently touched ones of a scope above its bound. */
import { type Bucket, countsInWindow } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { IdleSweep } from "./idle-sweep.ts";
import { type Scope, TENANT } from "./limits.ts";
import type { OpenReservations } from "./open-reservations.ts";
import { isInForce, windowsOf } from "./overrides.ts";
import type { Policy } from "./policy.ts";
import type { Rules } from "./rules.ts";

/** How many sweeps for idle buckets are made per idle time. */
const SWEEPS = 60;
/** How many of the least recently touched buckets are checked for an idle one before another is evicted. */
const MAX_CHECKED = 16;

export class Eviction {
  readonly #store: BucketStore;
  readonly #reservations: OpenReservations;
  readonly #rules: Rules;
  readonly #sweep: IdleSweep;
  /** Scopes above their bound in which no bucket was found to evict, with their bucket counts at that time. */
  readonly #stuck = new Map<Scope, number>();

  constructor(store: BucketStore, reservations: OpenReservations, rules: Rules) {
    this.#store = store;
    this.#reservations = reservations;
    this.#rules = rules;
    this.#sweep = new IdleSweep(store);
  }

  /** True if no bucket that counts under a limit is evicted to make room. */
  get #sparesLimited(): boolean {
    return this.#rules.whenFull === "overflow";
  }

  /** How old a stored touch can become before a newer one has to be stored; null: any age. */
  touchIntervalMs({ idleTtlMs }: Policy): number | null {
    return idleTtlMs === null ? null : idleTtlMs * this.#rules.touchShare;
  }

  /** True for a bucket that is long untouched, has no open reservation, and counts nothing in an open window. */
  isIdle(policy: Policy, bucket: Bucket, nowMs: number): boolean {
    if (!this.#isLongUntouched(policy, bucket, nowMs) || this.#reservations.isInUse(bucket)) return false;
    const view = { key: bucket, overrides: this.#store.overridesOf(bucket) };
    return !countsInWindow(bucket, windowsOf(policy, view, nowMs), nowMs, policy.calendar);
  }

  /** Evicts what is above the bound of these scopes, and sweeps for idle buckets: a bounded number of each. */
  evict(policy: Policy, scopes: Iterable<Scope>, nowMs: number): void {
    const { idleTtlMs } = policy;
    if (idleTtlMs !== null) {
      for (const bucket of this.#sweep.next(idleTtlMs / SWEEPS, nowMs)) {
        if (this.isIdle(policy, bucket, nowMs)) this.#store.evict(bucket, "idle", nowMs);
      }
    }
    let left = this.#rules.evictedAtOnce;
    for (const scope of scopes) {
      while (left > 0 && this.#isOver(policy, scope) && this.#evictOne(policy, scope, nowMs)) left -= 1;
      if (left > 0 && this.#isOver(policy, scope) && this.#store.isOrderKnown(scope)) this.#reportStuck(scope);
    }
  }

  /** A count without the buckets to match must not cause a search with every operation. */
  #reportStuck(scope: Scope): void {
    const count = this.#store.count(scope);
    this.#stuck.set(scope, count);
    console.error(`the scope ${scope} has ${count} buckets, which is above its bound, and none was found to evict`);
  }

  /**
   * Makes room in a scope by evicting one idle bucket.
   *
   * @returns false if none was found among the least recently touched
   */
  evictIdle(policy: Policy, scope: Scope, nowMs: number): boolean {
    let checked = 0;
    for (const bucket of this.#store.inOrderOfTouch(scope)) {
      if (this.isIdle(policy, bucket, nowMs)) {
        this.#store.evict(bucket, "idle", nowMs);
        return true;
      }
      checked += 1;
      if (checked === MAX_CHECKED || !this.#isLongUntouched(policy, bucket, nowMs)) break;
    }
    return false;
  }

  /** The scopes that have more buckets than their bound. */
  scopesOver(policy: Policy): Scope[] {
    return [...this.#store.scopes()].filter((scope) => this.#isOver(policy, scope));
  }

  #isOver({ maxBuckets, limitsByScope }: Policy, scope: Scope): boolean {
    if (scope === TENANT || maxBuckets === null) return false;
    // The subject of an evicted bucket would escape its limit.
    if (this.#sparesLimited && limitsByScope.has(scope)) return false;
    const count = this.#store.count(scope);
    return count > maxBuckets && count !== this.#stuck.get(scope);
  }

  /**
   * Makes room in a scope by evicting an idle bucket or, if there is none, the least recently touched one.
   *
   * @returns false if none was evicted, since the store does not know the order of touches yet
   */
  #evictOne(policy: Policy, scope: Scope, nowMs: number): boolean {
    if (this.evictIdle(policy, scope, nowMs)) return true;
    for (const bucket of this.#store.inOrderOfTouch(scope)) {
      if (this.#sparesLimited && isInForce(this.#store.overridesOf(bucket), nowMs)) continue;
      this.#store.evict(bucket, "max_users", nowMs);
      return true;
    }
    return false;
  }

  #isLongUntouched({ idleTtlMs }: Policy, bucket: Bucket, nowMs: number): boolean {
    if (idleTtlMs === null) return false;
    const unknownMs = bucket.isTouchExact ? 0 : idleTtlMs * this.#rules.touchShare;
    return nowMs - bucket.touchedAtMs >= idleTtlMs + unknownMs;
  }
}
