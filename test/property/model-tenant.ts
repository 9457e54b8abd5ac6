/** The model's state of a tenant: its buckets, charges, reservations and evictions. */
import type { BudgetConfig } from "../../src/core/index.ts";
import { parseWindow } from "../../src/core/window.ts";
import { combine, type Measured, NOTHING, sumOf } from "./model-amounts.ts";
import { type Charge, countedIn, type ModelBucket, totalOf } from "./model-bucket.ts";
import { isSame, type Key, keyIn, OVERFLOW, type Subject } from "./model-bucket-keys.ts";
import { ModelOverrides } from "./model-overrides.ts";
import type { ModelReservation } from "./model-reservation.ts";
import { limitsIn } from "./naive-limits.ts";

export class ModelTenant {
  config: BudgetConfig = {};
  /** In the order of their last touch. */
  buckets: ModelBucket[] = [];
  readonly overrides = new ModelOverrides();
  readonly reservations: ModelReservation[] = [];
  /** The kinds of the ledger's entries, a commit's with whether it was late, an eviction's with its cause. */
  readonly entries: string[] = [];

  /** The buckets that a step is charged to; of a label's scopes, those with a limit or an override. */
  keysOf(subject: Subject, nowMs: number): Key[] {
    const limited = new Set(["tenant", "user", ...limitsIn(this.config).map(({ scope }) => scope)]);
    return ["tenant", "user", "team", "user_and_team"].flatMap((scope) => {
      const key = keyIn(scope, subject);
      return key && (limited.has(scope) || this.overrides.isInForce(key, nowMs)) ? [this.chargedKey(key, nowMs)] : [];
    });
  }

  /** The bucket that a subject's calls are charged to: its own, or its scope's overflow if the scope is full. */
  chargedKey(key: Key, nowMs: number): Key {
    if (this.touch(key, nowMs)) return key;
    const overflow = { scope: key.scope, subject: OVERFLOW };
    if (this.#overflows(key) && !this.touch(overflow, nowMs)) {
      const idle = this.buckets.find((bucket) => bucket.scope === key.scope && this.#isIdle(bucket, nowMs));
      if (idle) this.#evict(idle, "idle");
    }
    return this.#overflows(key) ? overflow : key;
  }

  /** True if a subject without a bucket is charged to its scope's overflow. */
  #overflows(key: Key): boolean {
    const { max_users = 100_000 } = this.config;
    if (max_users === null || key.scope === "tenant" || !this.isLimited(key.scope)) return false;
    if (this.overrides.has(key)) return false;
    const inScope = this.buckets.filter(({ scope }) => scope === key.scope);
    return inScope.length >= max_users || inScope.some(({ subject }) => subject === OVERFLOW);
  }

  isLimited(scope: string): boolean {
    return limitsIn(this.config).some((limit) => limit.scope === scope);
  }

  /** Replaces the configuration. Raising `max_users` evicts the overflow of each scope that is no longer full. */
  configure(config: BudgetConfig): void {
    const boundOf = ({ max_users }: BudgetConfig) => max_users ?? Number.POSITIVE_INFINITY;
    const isRaised = boundOf(config) > boundOf(this.config);
    this.config = config;
    for (const bucket of isRaised ? this.buckets.filter(({ subject }) => subject === OVERFLOW) : []) {
      const count = this.buckets.filter(({ scope }) => scope === bucket.scope).length;
      if (count <= boundOf(config)) this.#evict(bucket, "max_users");
    }
  }

  bucket(key: Key): ModelBucket | undefined {
    return this.buckets.find((each) => isSame(each, key));
  }

  /** Charges every bucket of a subject, then evicts what exceeds `max_users` in their scopes. */
  chargeAll(keys: readonly Key[], startedAtMs: number, chargeOf: (key: Key) => Omit<Charge, "windows">): void {
    for (const key of keys) this.charge(key, startedAtMs, chargeOf(key));
    this.evictExcess(
      startedAtMs,
      keys.map(({ scope }) => scope),
    );
  }

  /** Evicts the idle buckets of these scopes, or of all, and those that exceed `max_users`. */
  evictExcess(nowMs: number, scopes = this.buckets.map(({ scope }) => scope)): void {
    for (const scope of scopes) {
      for (const bucket of this.buckets)
        if (bucket.scope === scope && this.#isIdle(bucket, nowMs)) this.#evict(bucket, "idle");
      if (scope === "tenant" || this.isLimited(scope)) continue;
      const inScope = this.buckets.filter((each) => each.scope === scope);
      const excess = Math.max(0, inScope.length - (this.config.max_users ?? Number.POSITIVE_INFINITY));
      const evictable = inScope.filter((bucket) => !this.overrides.isInForce(bucket, nowMs));
      for (const oldest of evictable.slice(0, excess)) this.#evict(oldest, "max_users");
    }
  }

  #evict(bucket: ModelBucket, cause: string): void {
    this.buckets = this.buckets.filter((each) => each !== bucket);
    this.entries.push(`eviction ${cause}`);
  }

  /** True if a bucket was not touched for the idle time, has no open reservation and counts in no window. */
  #isIdle(bucket: ModelBucket, nowMs: number): boolean {
    const { user_idle_ttl_seconds: seconds } = this.config;
    if (seconds == null || bucket.scope === "tenant" || nowMs - bucket.touchedAtMs < seconds * 1000) return false;
    if (this.pendingOf(bucket).concurrent_calls > 0) return false;
    const windows = this.overrides.windowsOf(bucket, this.config, nowMs).flatMap((id) => parseWindow(id) ?? []);
    return windows.every((window) => Object.values(countedIn(window, bucket, nowMs)).every((amount) => amount === 0));
  }

  /** True if a restart decides whether some bucket is idle, because its last touch is not stored. */
  isAnyUncertain(nowMs: number): boolean {
    const ttlMs = (this.config.user_idle_ttl_seconds ?? 0) * 1000;
    const isUncertain = (ageMs: number) => ageMs >= ttlMs && ageMs < ttlMs + ttlMs / 60;
    return ttlMs > 0 && this.buckets.some(({ touchedAtMs }) => isUncertain(nowMs - touchedAtMs));
  }

  /** Charges a bucket, which creates it if needed. No total falls below zero. */
  charge(key: Key, startedAtMs: number, charge: Omit<Charge, "windows">): void {
    const bucket = this.touch(key, startedAtMs) ?? { ...key, startedAtMs, touchedAtMs: startedAtMs, charges: [] };
    if (!this.buckets.includes(bucket)) {
      this.buckets.push(bucket);
      if (key.subject === OVERFLOW) this.entries.push("overflow");
    }
    const amounts = combine(charge.amounts, totalOf(bucket), (amount, total) => Math.max(amount, -total));
    bucket.charges.push({ ...charge, amounts, windows: this.overrides.windowsOf(key, this.config, charge.atMs) });
  }

  /** Reads a bucket, which counts as a touch. */
  touch(key: Key, nowMs: number): ModelBucket | undefined {
    const bucket = this.bucket(key);
    if (!bucket) return undefined;
    if (this.#isIdle(bucket, nowMs)) {
      this.#evict(bucket, "idle");
      return undefined;
    }
    bucket.touchedAtMs = nowMs;
    this.buckets = [...this.buckets.filter((each) => each !== bucket), bucket];
    return bucket;
  }

  /** The pending amount of a bucket: of its open reservations. */
  pendingOf(key: Key): Measured {
    return this.#pending((reservation) => {
      const own = keyIn(key.scope, reservation);
      if (own === null) return false;
      const charged = !this.bucket(own) && this.#overflows(own) ? { ...own, subject: OVERFLOW } : own;
      return isSame(charged, key);
    });
  }

  /** The pending amount of the open reservations that callers bound to a user have made. */
  pendingOfOwner(owner: string): Measured {
    return this.#pending((reservation) => reservation.owner === owner);
  }

  #pending(isCounted: (reservation: ModelReservation) => boolean): Measured {
    const open = this.reservations.filter((each) => each.state === "held" && isCounted(each));
    return sumOf(
      open.map(({ pending }) => pending),
      NOTHING,
    );
  }
}
