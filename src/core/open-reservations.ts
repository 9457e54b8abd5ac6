import { type BucketKey, keyOf, type Subject } from "./bucket.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import type { Scope } from "./limits.ts";
import { NOTHING_PENDING, type Pending } from "./pending.ts";
import { PendingSum } from "./pending-sum.ts";
import { chargeAtExpiry, type Reservation } from "./reservation.ts";
import { NO_USAGE, type Usage } from "./usage.ts";

/** A hold that is not settled yet, and the sums that count it. */
interface Entry {
  readonly reservation: Reservation;
  isDue: boolean;
  /** What its expiry charges; null if it charges nothing. */
  readonly charge: Usage | null;
  readonly sums: PendingSum[];
}

/** In place of a scope: whose reservations they are. */
const OWNERS = "";

/** How many scopes have their sums kept: more than a configuration can name. */
const MAX_SCOPES = 256;

/**
 * The reservations that are not settled: by id, summed by bucket, and ordered by expiry.
 *
 * One whose time has come is *due* from the moment that `passTo` learns the time: it keeps nothing any more, and what
 * it charges is counted with what its buckets have used. Its expiry is recorded later, a few at a time. Putting one,
 * or having it become due, costs a step for each scope that is summed, and the logarithm of their number.
 */
export class OpenReservations {
  /** In order of creation. */
  readonly #entries = new Map<string, Entry>();
  /** Those of them that are due, in the order in which they became so. */
  readonly #due = new Map<string, Entry>();
  /** Of each scope that was asked for, the sums of its buckets. */
  readonly #sums = new Map<Scope, Map<string, PendingSum>>();
  readonly #expiries = new ExpiryQueue();
  /** Finds the bucket of a scope that a subject counts in. If that changes, the scope is to be counted anew. */
  locate: (scope: Scope, subject: Subject) => BucketKey | undefined = keyOf;

  /** How many are open or due. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many are due. */
  get dueSize(): number {
    return this.#due.size;
  }

  get(id: string): Reservation | undefined {
    return this.#entries.get(id)?.reservation;
  }

  isDue(id: string): boolean {
    return this.#due.has(id);
  }

  /** The oldest that is not settled. */
  oldest(): Reservation | undefined {
    const [oldest] = this.#entries.values();
    return oldest?.reservation;
  }

  /** Those that are open, in order of their creation. */
  *values(): Iterable<Reservation> {
    for (const { reservation, isDue } of this.#entries.values()) if (!isDue) yield reservation;
  }

  /** Those that are due, in the order in which they expired. */
  *due(): Iterable<Reservation> {
    for (const { reservation } of this.#due.values()) yield reservation;
  }

  /** Keeps a hold while it is open, and drops it once it is settled. */
  put(reservation: Reservation): void {
    const known = this.#entries.get(reservation.id);
    if (known) this.#discount(known);
    this.#due.delete(reservation.id);
    if (reservation.state !== "held") {
      this.#entries.delete(reservation.id);
      this.#expiries.delete(reservation.id);
      return;
    }
    const entry: Entry = { reservation, isDue: false, charge: chargeAtExpiry(reservation), sums: [] };
    this.#entries.set(reservation.id, entry);
    this.#expiries.set(reservation.id, reservation.expiresAtMs);
    for (const [scope, sums] of this.#sums) this.#count(sums, scope, entry);
  }

  /** Learns the time: those that have expired by it become due. */
  passTo(nowMs: number): void {
    for (const id of this.#expiries.takeUpTo(nowMs)) {
      const entry = this.#entries.get(id);
      if (!entry) continue;
      entry.isDue = true;
      this.#due.set(id, entry);
      for (const sum of entry.sums) {
        sum.countOpen(entry.reservation.pending, -1);
        if (entry.charge) sum.countDue(entry.charge, 1);
      }
    }
  }

  /** What open reservations keep of a bucket. */
  pendingOf(key: BucketKey): Pending {
    return this.size === 0 ? NOTHING_PENDING : (this.#sumOf(key)?.pending ?? NOTHING_PENDING);
  }

  /** What open reservations of one owner keep. */
  pendingOfOwner(owner: string): Pending {
    return this.size === 0
      ? NOTHING_PENDING
      : (this.#sumOf({ scope: OWNERS, subject: owner })?.pending ?? NOTHING_PENDING);
  }

  /** What those that are due charge to a bucket. */
  dueOf(key: BucketKey): Usage {
    return this.#due.size === 0 ? NO_USAGE : (this.#sumOf(key)?.due ?? NO_USAGE);
  }

  /** True if a reservation is open that counts for a bucket, or a charge for it is due. */
  isKept(key: BucketKey): boolean {
    return this.size > 0 && this.#sumOf(key)?.isEmpty === false;
  }

  /** When the next open one expires; null if none is open. */
  nextExpiryMs(): number | null {
    return this.#expiries.first()?.atMs ?? null;
  }

  /** Drops the sums of a scope, which are made again when they are asked for. */
  recount(scope: Scope): void {
    if (!this.#sums.delete(scope)) return;
    for (const { sums } of this.#entries.values()) {
      const i = sums.findIndex((sum) => sum.key.scope === scope);
      if (i !== -1) sums.splice(i, 1);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#due.clear();
    this.#sums.clear();
    this.#expiries.clear();
  }

  #sumOf({ scope, subject }: BucketKey): PendingSum | undefined {
    return this.#sumsOf(scope).get(subject);
  }

  #sumsOf(scope: Scope): Map<string, PendingSum> {
    const known = this.#sums.get(scope);
    if (known) return known;
    if (this.#sums.size >= MAX_SCOPES) this.#dropSums();
    const sums = new Map<string, PendingSum>();
    this.#sums.set(scope, sums);
    for (const entry of this.#entries.values()) this.#count(sums, scope, entry);
    return sums;
  }

  /** Drops the sums of every scope; they are made again when they are asked for. */
  #dropSums(): void {
    this.#sums.clear();
    for (const { sums } of this.#entries.values()) sums.length = 0;
  }

  /** Counts a hold in the sum of its bucket of a scope, if it has one. */
  #count(sums: Map<string, PendingSum>, scope: Scope, entry: Entry): void {
    const { owner, subject } = entry.reservation;
    const ofOwner = owner === undefined ? undefined : { scope, subject: owner };
    const key = scope === OWNERS ? ofOwner : this.locate(scope, subject);
    if (!key) return;
    let sum = sums.get(key.subject);
    if (!sum) {
      sum = new PendingSum(key);
      sums.set(key.subject, sum);
    }
    entry.sums.push(sum);
    countIn(sum, entry, 1);
  }

  #discount(entry: Entry): void {
    for (const sum of entry.sums) {
      countIn(sum, entry, -1);
      if (!sum.isEmpty) continue;
      const { scope, subject } = sum.key;
      const sums = this.#sums.get(scope);
      // An empty sum may have been replaced while a hold that is due and charges nothing still had it.
      if (sums?.get(subject) === sum) sums.delete(subject);
    }
  }
}

function countIn(sum: PendingSum, { reservation, isDue, charge }: Entry, sign: 1 | -1): void {
  if (!isDue) sum.countOpen(reservation.pending, sign);
  else if (charge) sum.countDue(charge, sign);
}
