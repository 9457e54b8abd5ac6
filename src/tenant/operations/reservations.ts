/** Operations that read reservations, and what all operations on a reservation share. */
import type { Reservation } from "../../core/index.ts";
import type { Caller, Operation } from "../../operations/index.ts";
import { BudgetError, type Page, type ReservationResponse } from "../../wire/index.ts";
import type { Tenant } from "../tenant.ts";
import { reservationAnswer } from "./answers.ts";

export function reservation(
  tenant: Tenant,
  { id }: Operation<"reservation">,
  nowMs: number,
  caller?: Caller,
): ReservationResponse {
  return reservationAnswer(findReservation(tenant, id, nowMs, caller));
}

export function reservations(
  tenant: Tenant,
  { query }: Operation<"reservations">,
  _: number,
  caller?: Caller,
): Page<ReservationResponse, string> {
  const { items, next } = tenant.reservations.page({ ...query, user: caller?.user, labels: caller?.labels });
  return { items: items.map(reservationAnswer), next };
}

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
