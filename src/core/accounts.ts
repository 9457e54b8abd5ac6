import { Bounds } from "./bounds.ts";
import { type Bucket, type BucketKey, keyOf, type Subject, TENANT_KEY, userKey } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { cap } from "./cap.ts";
import { type Account, windowsOf } from "./control.ts";
import { countersAfter } from "./counter.ts";
import { type Decision, decide, type Question } from "./decision.ts";
import type { Held } from "./held.ts";
import { chargeAtExpiry, type Estimated, expire, type Hold, settle } from "./hold.ts";
import { compareScopes, type Scope, TENANT, USER } from "./limits.ts";
import { LiveHolds } from "./live-holds.ts";
import type { Policy } from "./policy.ts";
import { addUsage, isExact, NO_USAGE, nonNegative, subtractUsage, type Usage } from "./usage.ts";

/** A sum that would no longer be exact, or less than nothing. Nothing was recorded. */
export class SumError extends RangeError {
  override name = "SumError";
}

/** What a charge added to one bucket. Parts are negative where it corrected an earlier one. */
export interface Charge {
  readonly key: BucketKey;
  readonly delta: Usage;
}

/** The decision for the step after a charge, and what was charged to whom. */
export interface Charged {
  readonly decision: Decision;
  readonly charges: readonly Charge[];
}

/** The decision on a reservation, and what to hold for it: null where it is refused. */
export interface Grant {
  readonly decision: Decision;
  readonly granted: Held | null;
}

/** What a reservation asks for. */
export interface ReserveRequest {
  readonly subject: Subject;
  readonly estimate: Held;
  /** Whether to hold what is left where that is less than asked for. */
  readonly ifShort: "reject" | "cap";
  /** True where a hold of the subject asks for more. */
  readonly isMore?: boolean | undefined;
}

/**
 * The rules of a budget over a store of buckets and the holds that live: which buckets a step is charged to, what a
 * read touches, what a charge adds to, when a bucket is forgotten. It never reads a clock.
 */
export class Accounts {
  readonly #store: BucketStore;
  readonly #holds: LiveHolds;
  readonly #bounds: Bounds;

  constructor(store: BucketStore, holds: LiveHolds = new LiveHolds()) {
    this.#store = store;
    this.#holds = holds;
    this.#bounds = new Bounds(store, holds);
  }

  /** The tenant's own bucket, which starts, with its wall clock, when it is first asked for. */
  tenant(nowMs: number): Bucket {
    return this.#store.get(TENANT_KEY) ?? this.#store.create(TENANT_KEY, nowMs);
  }

  /** One account, its bucket touched; without one where there is none or it was idle for too long. */
  open(policy: Policy, key: BucketKey, nowMs: number): Account {
    return {
      key,
      bucket: this.#bucket(policy, key, nowMs),
      control: this.#store.control(key),
      held: this.#holds.heldOf(key),
    };
  }

  /** May this subject take the next step, and does what it may come to fit? */
  allowsStep(policy: Policy, subject: Subject, nowMs: number, estimate?: Held): Decision {
    return this.#decide(policy, this.#openAll(policy, subject, nowMs), nowMs, { estimate });
  }

  /**
   * Finds out what can be held for a call. Nothing is held yet.
   *
   * @returns the decision on the request, and what to hold: null where it is refused
   */
  grant(policy: Policy, { subject, estimate, ifShort, isMore }: ReserveRequest, nowMs: number): Grant {
    const accounts = this.#openAll(policy, subject, nowMs);
    const decisionOn = (asked?: Held) => this.#decide(policy, accounts, nowMs, { estimate: asked, isMore });
    const decision = decisionOn(estimate);
    if (decision.state !== "blocked") return { decision, granted: estimate };
    if (ifShort === "reject") return { decision, granted: null };
    const capped = cap(estimate, decision.readings);
    if (capped && decisionOn(capped).state !== "blocked") return { decision, granted: capped };
    // What refuses it is that nothing is left, and not that less is left than was asked for.
    const onNothing = decisionOn();
    return { decision: onNothing.state === "blocked" ? onNothing : decision, granted: null };
  }

  /**
   * Records what was spent, whatever the limits say, and decides the step after it.
   *
   * @throws SumError where a total would pass 2^53−1; then nothing is recorded
   */
  consume(policy: Policy, subject: Subject, spent: Usage, nowMs: number): Charged {
    const { accounts, charges } = this.#chargeAll(policy, subject, { deltaOf: () => spent }, nowMs);
    return { decision: this.#decide(policy, accounts, nowMs), charges };
  }

  /**
   * Settles a hold with what was really used, in whatever windows are current.
   *
   * @throws SumError where a total would pass 2^53−1; then nothing is recorded
   */
  commit(policy: Policy, hold: Hold, used: Usage, isFinal: boolean, nowMs: number): Charged & { readonly hold: Hold } {
    const { estimated } = hold;
    const { hold: settled, deltaOver } = settle(hold, used, isFinal, nowMs);
    const deltaOf = ({ key, bucket }: Account) =>
      deltaOver(estimated && bucket && stillCounts(estimated, key, bucket) ? estimated.usage : NO_USAGE);
    const charge = { deltaOf, correctedAtMs: estimated?.atMs };
    // While they are charged the hold still lives, which keeps its buckets from being idle.
    const { accounts, charges } = this.#chargeAll(policy, hold.subject, charge, nowMs);
    this.#holds.put(settled);
    const after = accounts.map((account) => ({ ...account, held: this.#holds.heldOf(account.key) }));
    return { decision: this.#decide(policy, after, nowMs), charges, hold: settled };
  }

  /** Ends the time of a hold, and charges it where it says so. A charge that no total can take is left out. */
  expire(policy: Policy, hold: Hold, nowMs: number): { readonly hold: Hold; readonly charges: readonly Charge[] } {
    const usage = chargeAtExpiry(hold);
    const charges = usage ? this.#chargeExpired(policy, hold, usage, nowMs) : [];
    const scopes = charges.map(({ key }) => key.scope);
    const expired = expire(hold, usage && charges.length > 0 ? { usage, atMs: nowMs, scopes } : null, nowMs);
    this.#holds.put(expired);
    return { hold: expired, charges };
  }

  /**
   * Corrects one bucket by an amount, parts of which may be negative. A credit takes from windows what they have
   * counted, the newest first, and leaves them at zero where they have counted less.
   *
   * @throws SumError where a total would fall below zero or pass 2^53−1; then nothing is recorded
   */
  adjust(policy: Policy, key: BucketKey, amount: Usage, nowMs: number): Bucket {
    const account = this.open(policy, key, nowMs);
    const sum = addUsage(account.bucket?.usage ?? NO_USAGE, amount);
    if (Object.values(sum).some((part) => part < 0)) throw new SumError("would take a total below zero");
    if (!isExact(sum)) throw new SumError("would carry a total past 2^53−1");
    const bucket = account.bucket ?? this.#store.create(key, nowMs);
    this.#charge(policy, { ...account, bucket }, sum, amount, nowMs);
    return bucket;
  }

  /** Sets one bucket's totals and windows to zero and starts its wall clock again. */
  reset(policy: Policy, key: BucketKey, nowMs: number): Bucket | undefined {
    const { bucket } = this.open(policy, key, nowMs);
    if (!bucket) return undefined;
    bucket.usage = NO_USAGE;
    bucket.counters = new Map();
    bucket.startedAtMs = nowMs;
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
    this.#store.touch(bucket, nowMs);
    return bucket;
  }

  #decide(policy: Policy, accounts: readonly Account[], nowMs: number, question?: Question): Decision {
    return decide(policy, accounts, nowMs, { ...question, holdsEndMs: this.#holds.nextExpiryMs() });
  }

  #chargeExpired(policy: Policy, hold: Hold, usage: Usage, nowMs: number): readonly Charge[] {
    try {
      // A bucket that begins with it began just before: so one reset now is told from it, and no earlier charge, which
      // went with a bucket that was forgotten, is taken for its own.
      const charge = { deltaOf: () => usage, startedAtMs: nowMs - 1 };
      return this.#chargeAll(policy, hold.subject, charge, nowMs).charges;
    } catch (error) {
      if (!(error instanceof SumError)) throw error;
      return [];
    }
  }

  /**
   * Charges every bucket of a subject, which takes no total below zero.
   *
   * @throws SumError where a total would pass 2^53−1; then nothing is charged
   */
  #chargeAll(
    policy: Policy,
    subject: Subject,
    { deltaOf, startedAtMs, correctedAtMs }: ChargeToMake,
    nowMs: number,
  ): { readonly accounts: readonly Account[]; readonly charges: readonly Charge[] } {
    const accounts = this.#openAll(policy, subject, nowMs);
    const charges = accounts.map((account) => {
      const usage = account.bucket?.usage ?? NO_USAGE;
      const sum = nonNegative(addUsage(usage, deltaOf(account)));
      if (!isExact(sum)) throw new SumError("would carry a total past 2^53−1");
      return { key: account.key, sum, delta: subtractUsage(sum, usage) };
    });
    const charged = accounts.map((account, i) => {
      const bucket = account.bucket ?? this.#begin(account.key, startedAtMs ?? nowMs, nowMs);
      const { sum = NO_USAGE, delta = NO_USAGE } = charges[i] ?? {};
      this.#charge(policy, { ...account, bucket }, sum, delta, nowMs, correctedAtMs);
      return { ...account, bucket };
    });
    this.#bounds.keepWithin(
      policy,
      accounts.map(({ key }) => key.scope),
      nowMs,
    );
    return { accounts: charged, charges };
  }

  #begin(key: BucketKey, startedAtMs: number, nowMs: number): Bucket {
    const bucket = this.#store.create(key, nowMs);
    bucket.startedAtMs = startedAtMs;
    return bucket;
  }

  /** The accounts that a step is charged to, in the order of their scopes. */
  #openAll(policy: Policy, subject: Subject, nowMs: number): Account[] {
    const accounts = [this.open(policy, TENANT_KEY, nowMs), this.open(policy, userKey(subject.userId), nowMs)];
    for (const scope of this.#furtherScopes(policy)) {
      const key = keyOf(scope, subject);
      // Where no limit counts for the scope in general, only the buckets that something is set for are kept.
      if (key && (policy.limitsByScope.has(scope) || this.#store.control(key))) {
        accounts.push(this.open(policy, key, nowMs));
      }
    }
    return accounts;
  }

  /** The scopes of labels for which some limit counts, in order. */
  #furtherScopes(policy: Policy): Scope[] {
    const scopes = new Set([...policy.limitsByScope.keys(), ...this.#store.controlledScopes()]);
    return [...scopes].filter((scope) => scope !== TENANT && scope !== USER).sort(compareScopes);
  }

  #charge(
    policy: Policy,
    account: Account & { bucket: Bucket },
    sum: Usage,
    delta: Usage,
    nowMs: number,
    correctedAtMs?: number,
  ): void {
    const { bucket } = account;
    const windows = windowsOf(policy, account, nowMs);
    bucket.usage = sum;
    bucket.counters = countersAfter(bucket.counters, windows, delta, nowMs, policy.calendar, correctedAtMs);
    this.#store.save(bucket);
  }
}

/** What each bucket of a subject is charged. */
interface ChargeToMake {
  readonly deltaOf: (account: Account) => Usage;
  /** When a bucket that it begins has started. Absent: now. */
  readonly startedAtMs?: number;
  /** When the charge was made that negative parts take back. */
  readonly correctedAtMs?: number | undefined;
}

/** False for a bucket that the charge was not made in, or that has begun anew since: it is reset, or was forgotten. */
function stillCounts({ scopes, atMs }: Estimated, { scope }: BucketKey, bucket: Bucket): boolean {
  return scopes.includes(scope) && bucket.startedAtMs < atMs;
}
