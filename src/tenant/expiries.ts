import type { Reservation } from "../core/index.ts";
import { chargesOf } from "./store/ledger-entry.ts";
import type { TenantStores } from "./store/tenant-stores.ts";

/** How many expiries one commit records: some ten milliseconds' worth. */
const MAX_RECORDED = 100;

/** How many that cannot be recorded it takes to stop trying: then it is not for what the reservations are. */
const MAX_FAILED = 16;

/** A reservation whose expiry cannot be recorded. It is passed over from now on. */
export class ExpiryFault extends Error {
  override name = "ExpiryFault";
}

/**
 * Expires reservations in two steps. That one has expired is known, and counted, at once; it is recorded with others
 * of its kind a few at a time, so that no operation waits for thousands of them.
 */
export class Expiries {
  readonly #tenant: TenantStores;
  #left = MAX_RECORDED;
  /** Those that could not be recorded. They count as due until the object starts anew. */
  readonly #failed = new Set<string>();

  constructor(tenant: TenantStores) {
    this.#tenant = tenant;
  }

  /** Learns the time, and records what this commit can still take of what is due; true if nothing is left. */
  pass(nowMs: number): boolean {
    const { config, reservations, openReservations } = this.#tenant;
    reservations.load();
    openReservations.advanceTo(nowMs);
    // Without a valid configuration nothing can be charged; what is due waits for one, and keeps no repair waiting.
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

  /** Records the expiry of one reservation, if that is due. */
  passOne(id: string, nowMs: number): void {
    if (!this.#tenant.config.isValid) return;
    const reservation =
      this.#tenant.openReservations.isDue(id) && !this.#failed.has(id)
        ? this.#tenant.openReservations.get(id)
        : undefined;
    if (reservation) this.#record(reservation, nowMs);
  }

  /** True if something is due that can be recorded. */
  get hasDue(): boolean {
    return this.#tenant.openReservations.dueSize > this.#failed.size && this.#failed.size < MAX_FAILED;
  }

  /** Begins the next commit. */
  beginCommit(): void {
    this.#left = MAX_RECORDED;
  }

  #record(reservation: Reservation, nowMs: number): void {
    const { engine, reservations, ledger, policy } = this.#tenant;
    try {
      const { reservation: expired, usage, charges } = engine.expire(policy, reservation, nowMs);
      reservations.put(expired);
      const { userId: user_id, labels } = reservation.subject;
      const told = { user_id, labels, reservation: reservation.id, estimated: usage !== null };
      ledger.append("expiry", { ...told, ...(usage && chargesOf(charges, usage)) }, nowMs);
    } catch (cause) {
      this.#failed.add(reservation.id);
      throw new ExpiryFault(`the expiry of the reservation "${reservation.id}" cannot be recorded`, { cause });
    }
  }
}
