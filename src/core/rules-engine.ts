import { Bounds } from "./bounds.ts";
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
import { countersAfter, type Place, placesIn } from "./counter.ts";
import { type Decision, decide, type Question } from "./decision.ts";
import { compareScopes, type Scope, TENANT, USER } from "./limits.ts";
import { OpenReservations } from "./open-reservations.ts";
import { Overflow } from "./overflow.ts";
import { type BucketView, isInForce, windowsOf } from "./overrides.ts";
import { NOTHING_PENDING, type Pending } from "./pending.ts";
import type { Policy } from "./policy.ts";
import { type Counted, chargeAtExpiry, expire, type Reservation, settle } from "./reservation.ts";
import { type ReserveRequest, type ReserveResult, reserveResult } from "./reserve.ts";
import { ORIGINAL_RULES, type Rules } from "./rules.ts";
import { type Amounts, addUsage, isExact, mapUsage, NO_USAGE, subtractUsage, totalAfter, type Usage } from "./usage.ts";

/** A correction that would take a total below zero, or past what is counted exactly. Nothing was recorded. */
export class SumError extends RangeError {
  override name = "SumError";
}

/** What a charge added to one bucket. Parts are negative where it corrected an earlier one. */
export interface Charge {
  readonly key: BucketKey;
  readonly delta: Usage;
  /** True if the bucket's total stands at its ceiling and took less than what was spent. */
  readonly isCut: boolean;
}

/** The decision for the step after a charge, and what was charged to whom. */
export interface Charged {
  readonly decision: Decision;
  readonly charges: readonly Charge[];
}

/** An expired hold, and what its expiry charged. */
export interface Expired {
  readonly reservation: Reservation;
  readonly usage: Usage | null;
  readonly charges: readonly Charge[];
}

/**
 * The rules of a budget over a store of buckets and the holds that live: which buckets a step is charged to, what a
 * read touches, what a charge adds to, when a bucket is forgotten. It never reads a clock.
 */
export class RulesEngine {
  readonly #store: BucketStore;
  readonly #reservations: OpenReservations;
  readonly #bounds: Bounds;
  readonly #overflow: Overflow;

  constructor(
    store: BucketStore,
    reservations: OpenReservations = new OpenReservations(),
    rules: Rules = ORIGINAL_RULES,
  ) {
    this.#store = store;
    this.#reservations = reservations;
    this.#bounds = new Bounds(store, reservations, rules);
    this.#overflow = new Overflow(store, reservations, rules);
  }

  /** True if some scope has more buckets than its bound. */
  isOverBound(policy: Policy): boolean {
    return this.#bounds.scopesOver(policy).length > 0;
  }

  /** Evicts what is above the bound of any scope, as many buckets as one operation does. */
  keepWithin(policy: Policy, nowMs: number): void {
    // What reservations keep goes by who shares a bucket.
    this.#overflow.look(policy);
    this.#bounds.keepWithin(policy, this.#bounds.scopesOver(policy), nowMs);
  }

  /** The tenant's own bucket, which starts, with its wall clock, when it is first asked for. */
  tenant(nowMs: number): Bucket {
    return this.#store.get(TENANT_KEY) ?? this.#store.create(TENANT_KEY, nowMs);
  }

  /** One view, its bucket touched; without one if there is none or it was idle for too long. */
  view(policy: Policy, key: BucketKey, nowMs: number): BucketView {
    this.#overflow.look(policy);
    return this.#view(policy, key, nowMs);
  }

  /** The view that a subject of a scope counts in: its own, or the scope's overflow. */
  countingView(policy: Policy, key: BucketKey, nowMs: number): BucketView {
    this.#overflow.look(policy);
    return this.#countingView(policy, key, nowMs);
  }

  /** The scopes whose new subjects share an overflow bucket. */
  overflowing(policy: Policy): Scope[] {
    return [...policy.limitsByScope.keys()].filter((scope) => this.#overflow.exists(scope));
  }

  /** Learns that what is set for a bucket has changed, by which it may have a place of its own. */
  overridesChanged({ scope }: BucketKey): void {
    this.#overflow.recount(scope);
  }

  /** Evicts the overflow buckets of scopes that have room now, so that their subjects have buckets of their own. */
  leaveOverflow(policy: Policy, nowMs: number): void {
    for (const scope of this.#store.scopes()) {
      const bucket = this.#overflow.exists(scope) ? this.#store.get(overflowKey(scope)) : undefined;
      const hasRoom = policy.maxBuckets === null || this.#store.count(scope) <= policy.maxBuckets;
      if (bucket && hasRoom) this.#store.evict(bucket, "max_users", nowMs);
    }
  }

  /** Drops what is in memory. */
  discard(): void {
    this.#overflow.discard();
  }

  /** May this subject take the next step, and does what it may come to fit? */
  allowsStep(policy: Policy, subject: Subject, nowMs: number, estimate?: Pending): Decision {
    return this.#decide(policy, this.#viewsOf(policy, subject, nowMs), nowMs, { estimate });
  }

  /**
   * Finds out what can be held for a call. Nothing is held yet.
   *
   * @returns the decision on the request, and what to hold: null where it is refused
   */
  grant(policy: Policy, request: ReserveRequest, nowMs: number): ReserveResult {
    const { subject, isMore, owner } = request;
    const views = this.#viewsOf(policy, subject, nowMs);
    const kept = owner ? this.#reservations.pendingOfOwner(owner.id) : NOTHING_PENDING;
    return reserveResult(request, kept, (estimate) => this.#decide(policy, views, nowMs, { estimate, isMore }));
  }

  /**
   * Records what was spent, whatever the limits say, and decides the step after it. A total at its ceiling stays there,
   * while all others go on counting.
   */
  consume(policy: Policy, subject: Subject, spent: Usage, nowMs: number): Charged {
    const { views, charges } = this.#chargeAll(policy, subject, () => ({ delta: spent }), nowMs);
    return { decision: this.#decide(policy, views, nowMs), charges };
  }

  /** Settles a hold with what was really used, in whatever windows are current. */
  commit(
    policy: Policy,
    reservation: Reservation,
    used: Usage,
    isFinal: boolean,
    nowMs: number,
  ): Charged & { readonly reservation: Reservation } {
    const { estimated } = reservation;
    const { reservation: settled, deltaOver } = settle(reservation, used, isFinal, nowMs);
    const chargeOf = ({ key, bucket }: BucketView): ChargeToMake => {
      const counted = estimated?.counted.find(({ scope }) => scope === key.scope);
      // What was reset, or evicted, has not counted the charge, whatever it is called.
      const isCounted = estimated && counted && counted.generation === bucket?.generation;
      return isCounted
        ? { delta: deltaOver(estimated.usage), places: counted.places }
        : { delta: deltaOver(NO_USAGE), places: {} };
    };
    // While they are charged the hold still lives, which keeps its buckets from being idle.
    const { views, charges } = this.#chargeAll(policy, reservation.subject, chargeOf, nowMs);
    this.#reservations.put(settled);
    const after = views.map((view) => ({ ...view, pending: this.#reservations.pendingOf(view.key) }));
    return { decision: this.#decide(policy, after, nowMs), charges, reservation: settled };
  }

  /** Expires a hold, and charges `usage` if it says so; null if it does not. */
  expire(policy: Policy, reservation: Reservation, nowMs: number): Expired {
    const usage = chargeAtExpiry(reservation);
    const { views, charges } = usage
      ? this.#chargeAll(policy, reservation.subject, () => ({ delta: usage }), nowMs)
      : { views: [], charges: [] };
    const expired = expire(reservation, usage && { usage, atMs: nowMs, counted: views.map(countedIn) }, nowMs);
    this.#reservations.put(expired);
    return { reservation: expired, usage, charges };
  }

  /**
   * Corrects one bucket by an amount, parts of which may be negative. A credit takes from windows what they have
   * counted, the newest first, and leaves them at zero if they have counted less.
   *
   * @returns what the total changed by: more than the amount if a part of the tokens would be more than its whole
   * @throws SumError where a total would fall below zero or pass 2^53−1; then nothing is recorded
   */
  adjust(policy: Policy, key: BucketKey, amount: Usage, nowMs: number): Usage {
    const view = this.view(policy, key, nowMs);
    const sum = addUsage(view.bucket?.usage ?? NO_USAGE, amount);
    if (Object.values(sum).some((part) => part < 0)) throw new SumError("would take a total below zero");
    if (!isExact(sum)) throw new SumError("would carry a total past 2^53−1");
    const bucket = view.bucket ?? this.#create(key, nowMs);
    const { delta } = this.#charge(policy, { ...view, bucket }, { delta: amount }, nowMs);
    this.#bounds.keepWithin(policy, [key.scope], nowMs);
    return delta;
  }

  /** Sets one bucket's totals and windows to zero and starts its wall clock again. */
  reset(policy: Policy, key: BucketKey, nowMs: number): Bucket | undefined {
    const { bucket } = this.view(policy, key, nowMs);
    if (!bucket) return undefined;
    bucket.usage = NO_USAGE;
    bucket.counters = new Map();
    bucket.startedAtMs = nowMs;
    bucket.generation = this.#store.nextGeneration();
    this.#store.save(bucket);
    return bucket;
  }

  #bucket(policy: Policy, key: BucketKey, nowMs: number): Bucket | undefined {
    if (key.scope === TENANT) return this.tenant(nowMs);
    const bucket = this.#store.get(key);
    if (!bucket) return undefined;
    if (this.#bounds.isIdle(policy, bucket, nowMs)) {
      this.#store.evict(bucket, "idle", nowMs);
      return undefined;
    }
    this.#store.touch(bucket, nowMs, this.#bounds.touchesKeptEveryMs(policy));
    return bucket;
  }

  #decide(policy: Policy, views: readonly BucketView[], nowMs: number, question?: Question): Decision {
    return decide(policy, views, nowMs, { ...question, nextExpiryMs: this.#reservations.nextExpiryMs() });
  }

  /** Charges every bucket of a subject. */
  #chargeAll(
    policy: Policy,
    subject: Subject,
    chargeOf: (view: BucketView) => ChargeToMake,
    nowMs: number,
  ): { readonly views: readonly ChargedView[]; readonly charges: readonly Charge[] } {
    const views: ChargedView[] = [];
    const charges: Charge[] = [];
    for (const view of this.#viewsOf(policy, subject, nowMs)) {
      const charge = chargeOf(view);
      const charged = { ...view, bucket: view.bucket ?? this.#create(view.key, nowMs) };
      views.push(charged);
      charges.push(this.#charge(policy, charged, charge, nowMs));
    }
    this.#bounds.keepWithin(
      policy,
      views.map(({ key }) => key.scope),
      nowMs,
    );
    return { views, charges };
  }

  /** The views that a step is charged to, in the order of their scopes. */
  #viewsOf(policy: Policy, subject: Subject, nowMs: number): BucketView[] {
    this.#overflow.look(policy);
    const views = [this.#view(policy, TENANT_KEY, nowMs), this.#countingView(policy, userKey(subject.userId), nowMs)];
    for (const scope of this.#furtherScopes(policy)) {
      const key = keyOf(scope, subject);
      // Where no limit counts for the scope in general, only the buckets that something is set for are kept.
      if (key && (policy.limitsByScope.has(scope) || isInForce(this.#store.overridesOf(key), nowMs))) {
        views.push(this.#countingView(policy, key, nowMs));
      }
    }
    return views;
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

  #countingView(policy: Policy, key: BucketKey, nowMs: number): BucketView {
    const own = this.#view(policy, key, nowMs);
    if (own.bucket || !this.#overflow.takes(key)) return own;
    const shared = this.#view(policy, overflowKey(key.scope), nowMs);
    if (shared.bucket) return shared;
    // The scope may have room for another: it has no overflow yet, or that was idle.
    if (policy.idleTtlMs !== null) this.#bounds.evictIdle(policy, key.scope, nowMs);
    this.#overflow.look(policy);
    return this.#overflow.takes(key) ? shared : this.#view(policy, key, nowMs);
  }

  #create(key: BucketKey, nowMs: number): Bucket {
    if (isOverflow(key)) this.#overflow.made(key.scope);
    else this.#overflow.recount(key.scope);
    return this.#store.create(key, nowMs);
  }

  /** The scopes of labels for which some limit counts, in order. */
  #furtherScopes(policy: Policy): Scope[] {
    const scopes = new Set([...policy.limitsByScope.keys(), ...this.#store.scopesWithOverrides()]);
    return [...scopes].filter((scope) => scope !== TENANT && scope !== USER).sort(compareScopes);
  }

  #charge(policy: Policy, view: ChargedView, { delta, places }: ChargeToMake, nowMs: number): Charge {
    const { key, bucket } = view;
    const total = totalAfter(bucket.usage, delta);
    const made = subtractUsage(total, bucket.usage);
    const charge = {
      debit: mapUsage(delta, NO_USAGE, Math.max),
      // No more than the total gives back.
      credit: mapUsage(NO_USAGE, made, (zero, part) => Math.max(zero, -part)),
      places,
    };
    const windows = windowsOf(policy, view, nowMs);
    const next = () => this.#store.nextGeneration();
    bucket.usage = total;
    bucket.counters = countersAfter(bucket.counters, windows, charge, nowMs, policy.calendar, next);
    this.#store.save(bucket);
    return { key, delta: made, isCut: isCut(delta, made) };
  }
}

type ChargedView = BucketView & { readonly bucket: Bucket };

/** What one bucket is charged. */
interface ChargeToMake {
  /** Parts can be negative: they correct an earlier charge. */
  readonly delta: Usage;
  /** Where its windows have the charge that is corrected; absent: wherever they have counted something. */
  readonly places?: Readonly<Record<string, Place>>;
}

function countedIn({ key, bucket }: ChargedView): Counted {
  return { scope: key.scope, generation: bucket.generation, places: placesIn(bucket.counters) };
}

/** True if less was added than was spent. */
function isCut(delta: Amounts, made: Amounts): boolean {
  return (
    made.inputTokens < delta.inputTokens ||
    made.outputTokens < delta.outputTokens ||
    made.costNanoUsd < delta.costNanoUsd ||
    made.calls < delta.calls
  );
}
