import { type Bucket, countsInWindow } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { IdleSweep } from "./idle-sweep.ts";
import { type Scope, TENANT } from "./limits.ts";
import type { OpenReservations } from "./open-reservations.ts";
import { isInForce, windowsOf } from "./overrides.ts";
import type { Policy } from "./policy.ts";
import type { Rules } from "./rules.ts";

/** How often idle buckets are looked for in the length of an idle time. */
const SWEEPS = 60;
/** How many of those touched the longest ago are looked at for an idle one, before one that is not has to go. */
const MAX_LOOKED_AT = 16;

/** Which buckets are evicted: those too long untouched, and of too many in a scope the ones touched the longest ago. */
export class Bounds {
  readonly #store: BucketStore;
  readonly #reservations: OpenReservations;
  readonly #rules: Rules;
  readonly #sweep: IdleSweep;
  /** Of scopes above their bound in which nothing was found to evict: how many buckets they were said to have. */
  readonly #stuck = new Map<Scope, number>();

  constructor(store: BucketStore, reservations: OpenReservations, rules: Rules) {
    this.#store = store;
    this.#reservations = reservations;
    this.#rules = rules;
    this.#sweep = new IdleSweep(store);
  }

  /** True if no bucket that counts under a limit is evicted to make room. */
  get #keepsLimited(): boolean {
    return this.#rules.whenFull === "overflow";
  }

  /** How old a touch may become before a store has to keep it: the idle rule goes by it. Null: any age. */
  touchesKeptEveryMs({ idleTtlMs }: Policy): number | null {
    return idleTtlMs === null ? null : idleTtlMs * this.#rules.touchShare;
  }

  /** True for a bucket that the idle rule evicts: long untouched, and neither reserved from nor counting in an open window. */
  isIdle(policy: Policy, bucket: Bucket, nowMs: number): boolean {
    if (!this.#isLongUntouched(policy, bucket, nowMs) || this.#reservations.isKept(bucket)) return false;
    const view = { key: bucket, overrides: this.#store.overridesOf(bucket) };
    return !countsInWindow(bucket, windowsOf(policy, view, nowMs), nowMs, policy.calendar);
  }

  /** Brings scopes within their bound, a bounded number of buckets at a time, and now and then evicts what is idle. */
  keepWithin(policy: Policy, scopes: Iterable<Scope>, nowMs: number): void {
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

  /** A count that no bucket stands for must not be looked for again and again. */
  #reportStuck(scope: Scope): void {
    const count = this.#store.count(scope);
    this.#stuck.set(scope, count);
    console.error(`the scope ${scope} has ${count} buckets, which is above its bound, and none was found to evict`);
  }

  /**
   * Makes room in a full scope by what is idle, as if it had gone in time.
   *
   * @returns false if nothing idle was found among those touched the longest ago
   */
  evictIdle(policy: Policy, scope: Scope, nowMs: number): boolean {
    let looked = 0;
    for (const bucket of this.#store.inOrderOfTouch(scope)) {
      if (this.isIdle(policy, bucket, nowMs)) {
        this.#store.evict(bucket, "idle", nowMs);
        return true;
      }
      looked += 1;
      if (looked === MAX_LOOKED_AT || !this.#isLongUntouched(policy, bucket, nowMs)) break;
    }
    return false;
  }

  /** The scopes that have more buckets than their bound. */
  scopesOver(policy: Policy): Scope[] {
    return [...this.#store.scopes()].filter((scope) => this.#isOver(policy, scope));
  }

  #isOver({ maxBuckets, limitsByScope }: Policy, scope: Scope): boolean {
    if (scope === TENANT || maxBuckets === null) return false;
    // Evicted to make room, a bucket would escape its limit.
    if (this.#keepsLimited && limitsByScope.has(scope)) return false;
    const count = this.#store.count(scope);
    return count > maxBuckets && count !== this.#stuck.get(scope);
  }

  /**
   * Makes room in a scope: what is idle goes first, as if it had gone in time, then what was touched the longest ago.
   *
   * @returns false if nothing was evicted, since the store does not know yet what was touched the longest ago
   */
  #evictOne(policy: Policy, scope: Scope, nowMs: number): boolean {
    if (this.evictIdle(policy, scope, nowMs)) return true;
    for (const bucket of this.#store.inOrderOfTouch(scope)) {
      if (this.#keepsLimited && isInForce(this.#store.overridesOf(bucket), nowMs)) continue;
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
