/** What all operations on a reservation share: finding it, and saying why it cannot be used. */
import type { Reservation } from "../../core/index.ts";
import type { Caller } from "../../operations/index.ts";
import { BudgetError } from "../../wire/index.ts";
import type { Tenant } from "../tenant.ts";

/**
 * Finds a reservation, expired if that is due.
 *
 * @throws BudgetError `unknown_reservation` if there is none, or it is not the caller's: a caller must not learn which
 */
export function findReservation(tenant: Tenant, id: string, nowMs: number, caller: Caller | undefined): Reservation {
  tenant.expiries.recordOne(id, nowMs);
  const stored = tenant.reservations.get(id);
  const reservation = stored && tenant.erasure.reservationAfter(stored);
  if (reservation && isVisible(caller, reservation)) return reservation;
  throw new BudgetError({ code: "unknown_reservation", detail: `there is no reservation "${id}"` });
}

export function alreadySettled({ id, state }: Reservation): BudgetError {
  return new BudgetError({ code: "already_settled", detail: `the reservation "${id}" is ${state}` });
}

/** The ledger's fields about the step that a reservation is for. */
export function stepFields({ subject: { userId, labels } }: Reservation) {
  return { user_id: userId, labels };
}

/** True if the caller could have made the reservation: a bound caller sees only those of its user and labels. */
function isVisible(caller: Caller | undefined, { subject }: Reservation): boolean {
  const { user, labels = {} } = caller ?? {};
  if (user !== undefined && subject.userId !== user) return false;
  return Object.entries(labels).every(([name, value]) => subject.labels[name] === value);
}
