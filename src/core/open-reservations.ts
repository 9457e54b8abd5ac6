/** Open reservations, and those whose expiry is not recorded yet. */
import { type BucketKey, keyOf, type Subject } from "./bucket.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import type { Scope } from "./limits.ts";
import { NOTHING_PENDING, type Pending } from "./pending.ts";
import { PendingSum } from "./pending-sum.ts";
import { chargeAtExpiry, type Reservation } from "./reservation.ts";
import { NO_USAGE, type Usage } from "./usage.ts";

/** A reservation, and the sums that count it. */
interface Entry {
  readonly reservation: Reservation;
  isDue: boolean;
  /** What its expiry charges; null if nothing. */
  readonly charge: Usage | null;
  readonly sums: PendingSum[];
}

/** In place of a scope: sums by owner. */
const OWNERS = "";

/** How many scopes can have sums in memory: more than a configuration can name. */
const MAX_SCOPES = 256;

/**
 * Reservations by id, summed by bucket, and ordered by expiry.
 *
 * A reservation that has expired but whose expiry is not recorded yet is *due*: it has no pending amounts any more, and
 * what its expiry charges counts as used. Reservations become due in `advanceTo`; expiries are recorded later, a few at
 * a time. Cost of putting a reservation, or of one becoming due: a step for each scope with sums, and the logarithm of
 * the number of reservations.
 */
export class OpenReservations {
  /** In order of creation. */
  readonly #entries = new Map<string, Entry>();
  /** In order of expiry. */
  readonly #due = new Map<string, Entry>();
  /** Sums of the scopes that were asked for, by subject. */
  readonly #sums = new Map<Scope, Map<string, PendingSum>>();
  readonly #expiries = new ExpiryQueue();
  /** The bucket of a scope that a subject counts in. When that changes, the scope must be recounted. */
  locate: (scope: Scope, subject: Subject) => BucketKey | undefined = keyOf;

  /** How many are open or due. */
  get size(): number {
    return this.#entries.size;
  }

  get dueSize(): number {
    return this.#due.size;
  }

  get(id: string): Reservation | undefined {
    return this.#entries.get(id)?.reservation;
  }

  isDue(id: string): boolean {
    return this.#due.has(id);
  }

  oldest(): Reservation | undefined {
    const [oldest] = this.#entries.values();
    return oldest?.reservation;
  }

  /** The open ones, in order of creation. */
  *values(): Iterable<Reservation> {
    for (const { reservation, isDue } of this.#entries.values()) if (!isDue) yield reservation;
  }

  /** The due ones, in order of expiry. */
  *due(): Iterable<Reservation> {
    for (const { reservation } of this.#due.values()) yield reservation;
  }

  /** Adds or replaces an open reservation; removes one that is no longer open. */
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

  /** Makes the reservations due that have expired by now. */
  advanceTo(nowMs: number): void {
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

  /** The pending amounts of open reservations in a bucket. */
  pendingOf(key: BucketKey): Pending {
    return this.size === 0 ? NOTHING_PENDING : (this.#sumOf(key)?.pending ?? NOTHING_PENDING);
  }

  /** The pending amounts of one owner's open reservations. */
  pendingOfOwner(owner: string): Pending {
    return this.size === 0
      ? NOTHING_PENDING
      : (this.#sumOf({ scope: OWNERS, subject: owner })?.pending ?? NOTHING_PENDING);
  }

  /** What due reservations charge to a bucket. */
  dueOf(key: BucketKey): Usage {
    return this.#due.size === 0 ? NO_USAGE : (this.#sumOf(key)?.due ?? NO_USAGE);
  }

  /** True if a bucket has open reservations or due charges. */
  isInUse(key: BucketKey): boolean {
    return this.size > 0 && this.#sumOf(key)?.isEmpty === false;
  }

  /** When the next open reservation expires; null if none is open. */
  nextExpiryMs(): number | null {
    return this.#expiries.first()?.atMs ?? null;
  }

  /** Discards the sums of a scope; they are built again when they are asked for. */
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
    if (this.#sums.size >= MAX_SCOPES) this.#discardSums();
    const sums = new Map<string, PendingSum>();
    this.#sums.set(scope, sums);
    for (const entry of this.#entries.values()) this.#count(sums, scope, entry);
    return sums;
  }

  #discardSums(): void {
    this.#sums.clear();
    for (const { sums } of this.#entries.values()) sums.length = 0;
  }

  /** Counts a reservation in the sum of its bucket of a scope, if it counts in one. */
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
      // A due reservation that charges nothing still refers to its sum, which may have been replaced meanwhile.
      if (sums?.get(subject) === sum) sums.delete(subject);
    }
  }
}

function countIn(sum: PendingSum, { reservation, isDue, charge }: Entry, sign: 1 | -1): void {
  if (!isDue) sum.countOpen(reservation.pending, sign);
  else if (charge) sum.countDue(charge, sign);
}
