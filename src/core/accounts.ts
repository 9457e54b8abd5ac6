import { type Bucket, type BucketKey, countsInWindow, keyOf, type Subject, TENANT_KEY, userKey } from "./bucket.ts";
import { type Account, type Control, namedLimits } from "./control.ts";
import { addToCounter, type Counter, creditCounter } from "./counter.ts";
import { type Decision, decide } from "./decision.ts";
import { compareScopes, type Scope, TENANT, USER } from "./limits.ts";
import type { Policy } from "./policy.ts";
import { type Amounts, addUsage, isExact, NO_USAGE, type Usage } from "./usage.ts";
import type { OpenWindow } from "./window.ts";

/** Why a bucket was forgotten: too many of its scope, or too long untouched. */
export type EvictionCause = "max_users" | "idle";

/** Where buckets are kept, and what is set for them: maps in a process, SQLite in a Durable Object. */
export interface BucketStore {
  get(key: BucketKey): Bucket | undefined;
  /** Keeps a new, empty bucket, touched now. */
  create(key: BucketKey, nowMs: number): Bucket;
  /** Marks as the last one touched. */
  touch(bucket: Bucket, nowMs: number): void;
  /** Keeps the changed totals of a bucket. */
  save(bucket: Bucket): void;
  /** The scopes that have buckets. */
  scopes(): Iterable<Scope>;
  /** How many buckets a scope has. */
  count(scope: Scope): number;
  /** A scope's buckets, the one touched the longest ago first. Those given out may be evicted on the way. */
  inOrderOfTouch(scope: Scope): Iterable<Bucket>;
  /** Forgets a bucket, totals and all. */
  evict(bucket: Bucket, cause: EvictionCause, nowMs: number): void;
  /** What is set for a bucket. */
  control(key: BucketKey): Control | undefined;
  /** The scopes in which something is set for some bucket. */
  controlledScopes(): Iterable<Scope>;
}

/** A sum that would no longer be exact, or less than nothing. Nothing was recorded. */
export class SumError extends RangeError {
  override name = "SumError";
}

/**
 * The rules of a budget over a store of buckets: which ones a step is charged to, what a read touches, what a charge
 * adds to, when a bucket is forgotten. It never reads a clock.
 */
export class Accounts {
  readonly #store: BucketStore;
  #nextSweepMs = Number.NEGATIVE_INFINITY;

  constructor(store: BucketStore) {
    this.#store = store;
  }

  /** The tenant's own bucket, which starts, with its wall clock, when it is first asked for. */
  tenant(nowMs: number): Bucket {
    return this.#store.get(TENANT_KEY) ?? this.#store.create(TENANT_KEY, nowMs);
  }

  /** One account, its bucket touched; without one where there is none or it was idle for too long. */
  open(policy: Policy, key: BucketKey, nowMs: number): Account {
    const control = this.#store.control(key);
    if (key.scope === TENANT) return { key, control, bucket: this.tenant(nowMs) };
    const bucket = this.#store.get(key);
    if (!bucket) return { key, control, bucket };
    if (this.#isIdle(policy, bucket, nowMs)) {
      this.#store.evict(bucket, "idle", nowMs);
      return { key, control, bucket: undefined };
    }
    this.#store.touch(bucket, nowMs);
    return { key, control, bucket };
  }

  /** May this subject take the next step? */
  allowsStep(policy: Policy, subject: Subject, nowMs: number): Decision {
    return decide(policy, this.#openAll(policy, subject, nowMs), nowMs);
  }

  /**
   * Records what was spent, whatever the limits say, and decides the step after it.
   *
   * @throws SumError where a total would pass 2^53−1; then nothing is recorded
   */
  consume(policy: Policy, subject: Subject, spent: Usage, nowMs: number): Decision {
    const accounts = this.#openAll(policy, subject, nowMs);
    const sums = accounts.map(({ bucket }) => addUsage(bucket?.usage ?? NO_USAGE, spent));
    if (!sums.every(isExact)) throw new SumError("would carry a total past 2^53−1");
    const charged = accounts.map((account, i) => {
      const bucket = account.bucket ?? this.#store.create(account.key, nowMs);
      this.#charge(policy, { ...account, bucket }, sums[i] ?? spent, spent, nowMs);
      return { ...account, bucket };
    });
    this.#keepWithinBounds(policy, accounts, nowMs);
    return decide(policy, charged, nowMs);
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

  #charge(policy: Policy, account: Account & { bucket: Bucket }, sum: Usage, amount: Usage, nowMs: number): void {
    const { bucket } = account;
    const debit = mapAmounts(amount, (part) => Math.max(0, part));
    const credit = mapAmounts(amount, (part) => Math.max(0, -part));
    const counters = new Map<string, Counter>();
    for (const window of windowsOf(policy, account, nowMs)) {
      const counter = addToCounter(bucket.counters.get(window.id) ?? [], debit, window, nowMs, policy.calendar);
      counters.set(window.id, creditCounter(counter, credit));
    }
    bucket.usage = sum;
    bucket.counters = counters;
    this.#store.save(bucket);
  }

  /** True for a bucket that the idle rule forgets: long untouched, and without an open window that counts something. */
  #isIdle(policy: Policy, bucket: Bucket, nowMs: number): boolean {
    if (!isLongUntouched(policy, bucket, nowMs)) return false;
    const account = { key: bucket, bucket, control: this.#store.control(bucket) };
    return !countsInWindow(bucket, windowsOf(policy, account, nowMs), nowMs, policy.calendar);
  }

  #keepWithinBounds(policy: Policy, charged: readonly Account[], nowMs: number): void {
    this.#sweepIdle(policy, nowMs);
    const { maxBuckets } = policy;
    if (maxBuckets === null) return;
    for (const { scope } of charged.map(({ key }) => key)) {
      while (scope !== TENANT && this.#store.count(scope) > maxBuckets) this.#evictOne(policy, scope, nowMs);
    }
  }

  /** Makes room in a scope: what is idle goes first, as if it had gone in time, then what was touched the longest ago. */
  #evictOne(policy: Policy, scope: Scope, nowMs: number): void {
    let oldest: Bucket | undefined;
    for (const bucket of this.#store.inOrderOfTouch(scope)) {
      if (this.#isIdle(policy, bucket, nowMs)) {
        this.#store.evict(bucket, "idle", nowMs);
        return;
      }
      oldest ??= bucket;
      if (!isLongUntouched(policy, bucket, nowMs)) break;
    }
    if (oldest) this.#store.evict(oldest, "max_users", nowMs);
  }

  /**
   * Forgets idle buckets that nobody asks for. Answers do not depend on it, so it runs in passing, now and then, and
   * leaves what is too much for one time.
   */
  #sweepIdle(policy: Policy, nowMs: number): void {
    const { idleTtlMs } = policy;
    if (idleTtlMs === null || nowMs < this.#nextSweepMs) return;
    this.#nextSweepMs = nowMs + Math.max(1000, idleTtlMs / 60);
    let left = MAX_SWEPT;
    for (const scope of this.#store.scopes()) {
      for (const bucket of this.#store.inOrderOfTouch(scope)) {
        if (left === 0 || !isLongUntouched(policy, bucket, nowMs)) break;
        left -= 1;
        if (this.#isIdle(policy, bucket, nowMs)) this.#store.evict(bucket, "idle", nowMs);
      }
    }
  }
}

/** How many buckets one sweep looks at. */
const MAX_SWEPT = 1000;

function isLongUntouched(policy: Policy, bucket: Bucket, nowMs: number): boolean {
  return policy.idleTtlMs !== null && nowMs - bucket.touchedAtMs >= policy.idleTtlMs;
}

/** The windows that some limit of the account names, lifted ones too; no other is counted. */
function windowsOf(policy: Policy, account: Account, nowMs: number): OpenWindow[] {
  const windows = new Map<string, OpenWindow>();
  for (const { window } of namedLimits(policy, account, nowMs)) {
    if (window.kind !== "lifetime") windows.set(window.id, window);
  }
  return [...windows.values()];
}

function mapAmounts(amounts: Amounts, part: (value: number) => number): Amounts {
  return {
    inputTokens: part(amounts.inputTokens),
    outputTokens: part(amounts.outputTokens),
    costNanoUsd: part(amounts.costNanoUsd),
    calls: part(amounts.calls),
  };
}
