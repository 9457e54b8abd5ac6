/** The buckets that a step counts in: finds, touches, evicts and creates them. */
import {
  type Bucket,
  type BucketKey,
  isOverflow,
  keyOf,
  overflowKey,
  type Subject,
  TENANT_KEY,
  userKey,
} from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import type { Eviction } from "./eviction.ts";
import { compareScopes, type Scope, TENANT, USER } from "./limits.ts";
import type { OpenReservations } from "./open-reservations.ts";
import type { Overflow } from "./overflow.ts";
import { type BucketView, isInForce } from "./overrides.ts";
import type { Policy } from "./policy.ts";

export class BucketViews {
  readonly #store: BucketStore;
  readonly #reservations: OpenReservations;
  readonly #eviction: Eviction;
  readonly #overflow: Overflow;

  constructor(store: BucketStore, reservations: OpenReservations, eviction: Eviction, overflow: Overflow) {
    this.#store = store;
    this.#reservations = reservations;
    this.#eviction = eviction;
    this.#overflow = overflow;
  }

  /** The tenant's bucket, which starts, with its wall clock, when it is first asked for. */
  tenant(nowMs: number): Bucket {
    return this.#store.get(TENANT_KEY) ?? this.#store.create(TENANT_KEY, nowMs);
  }

  /** Views one bucket and touches it; evicts it first if it is idle. */
  view(policy: Policy, key: BucketKey, nowMs: number): BucketView {
    this.#overflow.refresh(policy);
    return this.#view(policy, key, nowMs);
  }

  /** Views the bucket that a subject counts in: its own, or the scope's overflow bucket. */
  countingView(policy: Policy, key: BucketKey, nowMs: number): BucketView {
    this.#overflow.refresh(policy);
    return this.#countingView(policy, key, nowMs);
  }

  /** Views every bucket that a subject's step counts in, in the order of their scopes. */
  viewsOf(policy: Policy, subject: Subject, nowMs: number): BucketView[] {
    this.#overflow.refresh(policy);
    const views = [this.#view(policy, TENANT_KEY, nowMs), this.#countingView(policy, userKey(subject.userId), nowMs)];
    for (const scope of this.#furtherScopes(policy)) {
      const key = keyOf(scope, subject);
      // In a scope without limits, only buckets with overrides are counted.
      if (key && (policy.limitsByScope.has(scope) || isInForce(this.#store.overridesOf(key), nowMs))) {
        views.push(this.#countingView(policy, key, nowMs));
      }
    }
    return views;
  }

  create(key: BucketKey, nowMs: number): Bucket {
    if (isOverflow(key)) this.#overflow.noteCreated(key.scope);
    else this.#overflow.recount(key.scope);
    return this.#store.create(key, nowMs);
  }

  #view(policy: Policy, key: BucketKey, nowMs: number): BucketView {
    return {
      key,
      bucket: this.#bucket(policy, key, nowMs),
      overrides: this.#store.overridesOf(key),
      pending: this.#reservations.pendingOf(key),
      due: this.#reservations.dueOf(key),
    };
  }

  #bucket(policy: Policy, key: BucketKey, nowMs: number): Bucket | undefined {
    if (key.scope === TENANT) return this.tenant(nowMs);
    const bucket = this.#store.get(key);
    if (!bucket) return undefined;
    if (this.#eviction.isIdle(policy, bucket, nowMs)) {
      this.#store.evict(bucket, "idle", nowMs);
      return undefined;
    }
    this.#store.touch(bucket, nowMs, this.#eviction.touchIntervalMs(policy));
    return bucket;
  }

  #countingView(policy: Policy, key: BucketKey, nowMs: number): BucketView {
    const own = this.#view(policy, key, nowMs);
    if (own.bucket || !this.#overflow.includes(key)) return own;
    const shared = this.#view(policy, overflowKey(key.scope), nowMs);
    if (shared.bucket) return shared;
    // There is no overflow bucket, or it was idle. Evicting an idle bucket may make room for one of the subject's own.
    if (policy.idleTtlMs !== null) this.#eviction.evictIdle(policy, key.scope, nowMs);
    this.#overflow.refresh(policy);
    return this.#overflow.includes(key) ? shared : this.#view(policy, key, nowMs);
  }

  /** The scopes of labels, and compounds, that have a limit or a bucket with overrides, in order. */
  #furtherScopes(policy: Policy): Scope[] {
    const scopes = new Set([...policy.limitsByScope.keys(), ...this.#store.scopesWithOverrides()]);
    return [...scopes].filter((scope) => scope !== TENANT && scope !== USER).sort(compareScopes);
  }
}
