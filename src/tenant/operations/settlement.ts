/** Operations that settle a reservation: commit and release. */
import {
  isFree,
  pricedUsageOf,
  priceFields,
  type Reservation,
  recordedCost,
  release as releaseReservation,
  statusOf,
  usedBy,
} from "../../core/index.ts";
import type { Caller, Operation } from "../../operations/index.ts";
import { priceCall } from "../../pricing/index.ts";
import {
  BudgetError,
  type CommitRequest,
  inputRefusal,
  type ReservationDecision,
  type ReservationResponse,
} from "../../wire/index.ts";
import { chargesOf } from "../store/ledger-entry.ts";
import type { Tenant } from "../tenant.ts";
import { reservationAnswer } from "./answers.ts";
import { requireRealUsage } from "./event-bounds.ts";
import { alreadySettled, findReservation, stepFields } from "./reservation-lookup.ts";

export function commit(
  tenant: Tenant,
  { id, request }: Operation<"commit">,
  nowMs: number,
  caller?: Caller,
): ReservationDecision {
  const { policy } = tenant;
  const { idempotency_key, final = true } = request;
  const reservation = findReservation(tenant, id, nowMs, caller);
  if (reservation.state === "committed") throw alreadySettled(reservation);
  requireReservedModel(reservation, request);
  const { model = reservation.model, provider = reservation.provider } = request;
  const { usage, price } = pricedUsageOf({ ...request, model, provider }, policy.prices, priceCall, nowMs);
  requireRealUsage(policy, usage, request);
  const committed = tenant.engine.commit(policy, reservation, usage, final, nowMs, () => isFree(price));
  tenant.reservations.put(committed.reservation);
  const named = price || usage.unpricedCalls > 0;
  const priced = { ...(named && { model, provider }), ...priceFields(price) };
  const late = committed.reservation.late || undefined;
  // A call is counted once, however many commits report it.
  const reported = usedBy(reservation, usage);
  const charges = chargesOf(committed.charges, reported, reservation.estimated !== null);
  const fields = { ...stepFields(reservation), ...priced, idempotency_key, reservation: id, final, late, ...charges };
  tenant.ledger.append("commit", fields, nowMs);
  const decision = statusOf(committed.decision, nowMs, request.detail);
  return { ...reservationAnswer(committed.reservation), ...recordedCost(usage, price), decision };
}

export function release(
  tenant: Tenant,
  { id, request }: Operation<"release">,
  nowMs: number,
  caller?: Caller,
): ReservationResponse {
  const reservation = findReservation(tenant, id, nowMs, caller);
  if (reservation.state === "committed") throw alreadySettled(reservation);
  // A released or expired reservation has no pending amounts left to return.
  if (reservation.state !== "held") return reservationAnswer(reservation);
  const released = releaseReservation(reservation, nowMs);
  tenant.reservations.put(released);
  const fields = { ...stepFields(reservation), idempotency_key: request.idempotency_key, reservation: id };
  tenant.ledger.append("release", fields, nowMs);
  return reservationAnswer(released);
}

/**
 * Refuses to price a call as another model than the one it was reserved and is counted for: a cheaper one would hide
 * what it spent.
 *
 * @throws BudgetError `invalid_input` if the request names another model and no cost
 */
function requireReservedModel({ subject }: Reservation, { model, cost_usd }: CommitRequest): void {
  const reserved = subject.labels.model;
  if (model === undefined || cost_usd !== undefined || reserved === undefined || model === reserved) return;
  const detail = `differs from the reservation's, which is "${reserved}": leave it out, or send the cost as cost_usd`;
  throw new BudgetError(inputRefusal([{ pointer: "/model", detail }]));
}
