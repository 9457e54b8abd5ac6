/** The operations of a budget over a store of buckets and open reservations: deciding, charging, correcting. */
import { type Bucket, type BucketKey, overflowKey, type Subject } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { BucketViews } from "./bucket-views.ts";
import { type Charge, type ChargedView, type ChargeRequest, chargeBucket, countedIn } from "./charge.ts";
import { type Decision, decide } from "./decision.ts";
import { Eviction } from "./eviction.ts";
import type { Scope } from "./limits.ts";
import { OpenReservations } from "./open-reservations.ts";
import { Overflow } from "./overflow.ts";
import type { BucketView } from "./overrides.ts";
import { NOTHING_PENDING } from "./pending.ts";
import type { Policy } from "./policy.ts";
import type { Question } from "./reading.ts";
import { chargeAtExpiry, expire, type Reservation, settle } from "./reservation.ts";
import { type ReserveRequest, type ReserveResult, reserveResult } from "./reserve.ts";
import { ORIGINAL_RULES, type Rules } from "./rules.ts";
import { addUsage, isExact, NO_USAGE, type Usage } from "./usage.ts";

/** A correction that would make a total negative, or larger than what is counted exactly. Nothing was recorded. */
export class SumError extends RangeError {
  override name = "SumError";
}

/** The decision on the step after a charge, and what was charged to each bucket. */
export interface Charged {
  readonly decision: Decision;
  readonly charges: readonly Charge[];
}

/** An expired reservation, and what its expiry charged; null if nothing. */
export interface Expired {
  readonly reservation: Reservation;
  readonly usage: Usage | null;
  readonly charges: readonly Charge[];
}

/** Never reads a clock: the time is an argument of every operation. */
export class RulesEngine {
  readonly #store: BucketStore;
  readonly #reservations: OpenReservations;
  readonly #eviction: Eviction;
  readonly #overflow: Overflow;
  readonly #views: BucketViews;

  constructor(
    store: BucketStore,
    reservations: OpenReservations = new OpenReservations(),
    rules: Rules = ORIGINAL_RULES,
  ) {
    this.#store = store;
    this.#reservations = reservations;
    this.#eviction = new Eviction(store, reservations, rules);
    this.#overflow = new Overflow(store, reservations, rules);
    this.#views = new BucketViews(store, reservations, this.#eviction, this.#overflow);
  }

  /** True if a scope has more buckets than its bound. */
  isOverBound(policy: Policy): boolean {
    return this.#eviction.scopesOver(policy).length > 0;
  }

  /** Evicts buckets above the bound of any scope, as many as one operation does. */
  evictBeyondBound(policy: Policy, nowMs: number): void {
    // Whether a bucket is idle depends on its reservations, and those on who shares an overflow bucket.
    this.#overflow.refresh(policy);
    this.#eviction.evict(policy, this.#eviction.scopesOver(policy), nowMs);
  }

  tenant(nowMs: number): Bucket {
    return this.#views.tenant(nowMs);
  }

  /** Views one bucket and touches it; evicts it first if it is idle. */
  view(policy: Policy, key: BucketKey, nowMs: number): BucketView {
    return this.#views.view(policy, key, nowMs);
  }

  /** Views the bucket that a subject counts in: its own, or the scope's overflow bucket. */
  countingView(policy: Policy, key: BucketKey, nowMs: number): BucketView {
    return this.#views.countingView(policy, key, nowMs);
  }

  /** The scopes that have an overflow bucket. */
  overflowing(policy: Policy): Scope[] {
    return [...policy.limitsByScope.keys()].filter((scope) => this.#overflow.hasBucket(scope));
  }

  /** Must be called when a bucket's overrides change: its subject may no longer count in the overflow bucket. */
  overridesChanged({ scope }: BucketKey): void {
    this.#overflow.recount(scope);
  }

  /** Evicts the overflow buckets of scopes that have room again, so that their subjects get buckets of their own. */
  evictOverflow(policy: Policy, nowMs: number): void {
    for (const scope of this.#store.scopes()) {
      const bucket = this.#overflow.hasBucket(scope) ? this.#store.get(overflowKey(scope)) : undefined;
      const hasRoom = policy.maxBuckets === null || this.#store.count(scope) <= policy.maxBuckets;
      if (bucket && hasRoom) this.#store.evict(bucket, "max_users", nowMs);
    }
  }

  /** Discards what is in memory. */
  discard(): void {
    this.#overflow.discard();
  }

  allowsStep(policy: Policy, subject: Subject, nowMs: number, question?: Question): Decision {
    return this.#decide(policy, this.#views.viewsOf(policy, subject, nowMs), nowMs, question);
  }

  /** Decides what can be reserved for a call. Nothing is reserved yet. */
  grant(policy: Policy, request: ReserveRequest, nowMs: number): ReserveResult {
    const { subject, isMore, isFree, owner } = request;
    const views = this.#views.viewsOf(policy, subject, nowMs);
    const ofOwner = owner ? this.#reservations.pendingOfOwner(owner.id) : NOTHING_PENDING;
    return reserveResult(request, ofOwner, (estimate) =>
      this.#decide(policy, views, nowMs, { estimate, isMore, isFree }),
    );
  }

  /**
   * Records what was spent, whatever the limits are, and decides the next step. A total at its ceiling stays there; all
   * others still count.
   *
   * @param isFree true if the call's model costs nothing
   */
  consume(policy: Policy, subject: Subject, spent: Usage, nowMs: number, isFree?: () => boolean): Charged {
    const { views, charges } = this.#chargeAll(policy, subject, () => ({ delta: spent }), nowMs);
    return { decision: this.#decide(policy, views, nowMs, { isFree }), charges };
  }

  /** Commits what was used to a reservation, in the current windows. */
  commit(
    policy: Policy,
    reservation: Reservation,
    used: Usage,
    isFinal: boolean,
    nowMs: number,
    isFree?: () => boolean,
  ): Charged & { readonly reservation: Reservation } {
    const { estimated } = reservation;
    const { reservation: committed, deltaOver } = settle(reservation, used, isFinal, nowMs);
    const chargeOf = ({ key, bucket }: BucketView): ChargeRequest => {
      const counted = estimated?.counted.find(({ scope }) => scope === key.scope);
      // A bucket that was reset or evicted since then no longer counts the charge of the expiry.
      const isCounted = estimated && counted && counted.generation === bucket?.generation;
      return isCounted
        ? { delta: deltaOver(estimated.usage), places: counted.places }
        : { delta: deltaOver(NO_USAGE), places: {} };
    };
    // The reservation stays open during the charge, so that its buckets are not evicted as idle.
    const { views, charges } = this.#chargeAll(policy, reservation.subject, chargeOf, nowMs);
    this.#reservations.put(committed);
    const after = views.map((view) => ({ ...view, pending: this.#reservations.pendingOf(view.key) }));
    return { decision: this.#decide(policy, after, nowMs, { isFree }), charges, reservation: committed };
  }

  /** Expires a reservation, and charges its pending amounts if it says so. */
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
   * Corrects one bucket. A negative part is a credit: windows give back what they counted, newest slots first, down to
   * zero.
   *
   * @returns what the total changed by, which is more than the amount if a part would otherwise exceed its whole
   * @throws SumError if a total would be negative or exceed 2^53−1; then nothing is recorded
   */
  adjust(policy: Policy, key: BucketKey, amount: Usage, nowMs: number): Usage {
    const view = this.view(policy, key, nowMs);
    const sum = addUsage(view.bucket?.usage ?? NO_USAGE, amount);
    if (Object.values(sum).some((part) => part < 0)) throw new SumError("would take a total below zero");
    if (!isExact(sum)) throw new SumError("would carry a total past 2^53−1");
    const { charge } = this.#charge(policy, view, { delta: amount }, nowMs);
    this.#eviction.evict(policy, [key.scope], nowMs);
    return charge.delta;
  }

  /** Sets one bucket's totals and windows to zero and restarts its wall clock. */
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

  #decide(policy: Policy, views: readonly BucketView[], nowMs: number, question?: Question): Decision {
    return decide(policy, views, nowMs, { ...question, nextExpiryMs: this.#reservations.nextExpiryMs() });
  }

  /** Charges every bucket that a subject counts in. */
  #chargeAll(
    policy: Policy,
    subject: Subject,
    chargeOf: (view: BucketView) => ChargeRequest,
    nowMs: number,
  ): { readonly views: readonly ChargedView[]; readonly charges: readonly Charge[] } {
    const views: ChargedView[] = [];
    const charges: Charge[] = [];
    for (const view of this.#views.viewsOf(policy, subject, nowMs)) {
      const { charged, charge } = this.#charge(policy, view, chargeOf(view), nowMs);
      views.push(charged);
      charges.push(charge);
    }
    const scopes = views.map(({ key }) => key.scope);
    this.#eviction.evict(policy, scopes, nowMs);
    return { views, charges };
  }

  #charge(policy: Policy, view: BucketView, request: ChargeRequest, nowMs: number) {
    const charged: ChargedView = { ...view, bucket: view.bucket ?? this.#views.create(view.key, nowMs) };
    const charge = chargeBucket(policy, charged, request, nowMs, () => this.#store.nextGeneration());
    this.#store.save(charged.bucket);
    return { charged, charge };
  }
}
