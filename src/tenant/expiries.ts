/** Records the expiry of reservations, a bounded number in each commit. */
import type { Reservation } from "../core/index.ts";
import { chargesOf } from "./store/ledger-entry.ts";
import type { TenantStores } from "./store/tenant-stores.ts";

/** How many expiries one commit records: about ten milliseconds of work. */
const MAX_RECORDED = 100;

/** After this many failures the cause is not a single reservation, so no more are tried. */
const MAX_FAILED = 16;

/** The expiry of a reservation cannot be recorded. That reservation is skipped from now on. */
export class ExpiryFault extends Error {
  override name = "ExpiryFault";
}

/**
 * Expires reservations in two steps: an expired reservation counts as such at once, and its expiry is recorded in the
 * next commits, a few at a time, so that no operation waits for thousands of them.
 */
export class Expiries {
  readonly #tenant: TenantStores;
  #left = MAX_RECORDED;
  /** Reservations whose expiry could not be recorded. They count as due until the object restarts. */
  readonly #failed = new Set<string>();

  constructor(tenant: TenantStores) {
    this.#tenant = tenant;
  }

  /** Records due expiries until this commit has its share; returns true if none is left. */
  recordDue(nowMs: number): boolean {
    const { config, reservations, openReservations } = this.#tenant;
    reservations.load();
    openReservations.advanceTo(nowMs);
    // Without a valid configuration nothing can be charged. Due expiries wait for one, and must not block its arrival.
    if (!config.isValid) return true;
    for (const reservation of openReservations.due()) {
      if (this.#failed.size === MAX_FAILED) return true;
      if (this.#failed.has(reservation.id)) continue;
      if (this.#left === 0) return false;
      this.#left -= 1;
      this.#record(reservation, nowMs);
    }
    return true;
  }

  /** Records the expiry of one reservation if it is due. */
  recordOne(id: string, nowMs: number): void {
    if (!this.#tenant.config.isValid) return;
    const reservation =
      this.#tenant.openReservations.isDue(id) && !this.#failed.has(id)
        ? this.#tenant.openReservations.get(id)
        : undefined;
    if (reservation) this.#record(reservation, nowMs);
  }

  /** True if an expiry is due that can be recorded. */
  get hasDue(): boolean {
    return this.#tenant.openReservations.dueSize > this.#failed.size && this.#failed.size < MAX_FAILED;
  }

  startCommit(): void {
    this.#left = MAX_RECORDED;
  }

  #record(reservation: Reservation, nowMs: number): void {
    const { engine, reservations, ledger, policy } = this.#tenant;
    try {
      const { reservation: expired, usage, charges } = engine.expire(policy, reservation, nowMs);
      reservations.put(expired);
      const { userId: user_id, labels } = reservation.subject;
      const fields = { user_id, labels, reservation: reservation.id, estimated: usage !== null };
      ledger.append("expiry", { ...fields, ...(usage && chargesOf(charges, usage)) }, nowMs);
    } catch (cause) {
      this.#failed.add(reservation.id);
      throw new ExpiryFault(`the expiry of the reservation "${reservation.id}" cannot be recorded`, { cause });
    }
  }
}
