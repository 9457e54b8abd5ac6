/** Operations that reserve amounts: reserve and extend. */
import {
  addPending,
  type Decision,
  estimateOf,
  NO_USAGE,
  NOTHING_PENDING,
  type Pending,
  type Reservation,
  type ReservationOwner,
  type ReserveResult,
  requirePrice,
  statusOf,
  subjectOf,
} from "../../core/index.ts";
import type { Caller, Operation } from "../../operations/index.ts";
import { priceCall } from "../../pricing/index.ts";
import { BudgetError, type DecisionResponse, type ReservationDecision } from "../../wire/index.ts";
import type { EntryBody } from "../store/ledger-entry.ts";
import type { Tenant } from "../tenant.ts";
import { amountsAnswer, reservationAnswer } from "./answers.ts";
import { requireRealEvent } from "./event-bounds.ts";
import { alreadySettled, findReservation, stepFields } from "./reservation-lookup.ts";
import { beyondShare, expiryOf, ownerOf, requireRoom } from "./reservation-shares.ts";

export function reserve(
  tenant: Tenant,
  { request }: Operation<"reserve">,
  nowMs: number,
  caller?: Caller,
): ReservationDecision {
  const { policy } = tenant;
  const { user_id, labels, model, idempotency_key, on_expiry = "release", if_short = "reject" } = request;
  const estimated = estimateOf(request, policy.prices, priceCall, nowMs);
  const { amounts: estimate, isUnpriced, isFree } = estimated;
  requireRealEvent(policy, estimate, request);
  const callFields = { user_id, labels, model, idempotency_key };
  const owner = ownerOf(caller, policy);
  const subject = subjectOf(request);
  const granted = recordRefusal(tenant, { ...callFields, amounts: amountsAnswer(estimate) }, nowMs, () => {
    requireRoom(tenant, owner);
    const result = tenant.engine.grant(policy, { subject, estimate, ifShort: if_short, isFree, owner }, nowMs);
    requirePrice(result.decision, estimated);
    return requireGranted(result, owner, nowMs, request.detail);
  });
  const ttlMs = request.ttl_seconds === undefined ? policy.reservationTtlMs : Math.round(request.ttl_seconds * 1000);
  const reservation: Reservation = {
    id: tenant.reservations.newId(nowMs),
    subject,
    model,
    provider: request.provider,
    ...(isUnpriced() && { isUnpriced: true }),
    owner: owner?.id,
    state: "held",
    granted,
    pending: granted,
    onExpiry: on_expiry,
    spent: NO_USAGE,
    estimated: null,
    late: false,
    createdAtMs: nowMs,
    expiresAtMs: expiryOf(nowMs + ttlMs, nowMs, caller),
    settledAtMs: null,
  };
  tenant.reservations.put(reservation);
  const expires_at = new Date(reservation.expiresAtMs).toISOString();
  const fields = { ...callFields, reservation: reservation.id, amounts: amountsAnswer(granted), on_expiry, expires_at };
  tenant.ledger.append("hold", fields, nowMs);
  return withDecision(tenant, reservation, nowMs, isFree, request.detail);
}

export function extend(
  tenant: Tenant,
  { id, request }: Operation<"extend">,
  nowMs: number,
  caller?: Caller,
): ReservationDecision {
  const { policy } = tenant;
  const { ttl_seconds, on_expiry, idempotency_key, if_short = "reject" } = request;
  const reservation = findReservation(tenant, id, nowMs, caller);
  if (reservation.state !== "held") throw alreadySettled(reservation);
  const { subject, model, provider } = reservation;
  const estimated = estimateOf({ model, provider, ...request }, policy.prices, priceCall, nowMs);
  // An extension is for the same call, which is already counted.
  const { isFree } = estimated;
  const estimate = { ...estimated.amounts, calls: 0, concurrentCalls: 0 };
  requireRealEvent(policy, addPending(reservation.granted, estimate), request);
  const isMore = estimate.tokens > 0 || estimate.costNanoUsd > 0;
  const owner = ownerOf(caller, policy);
  const callFields = { ...stepFields(reservation), idempotency_key, reservation: id };
  const granted = recordRefusal(tenant, { ...callFields, amounts: amountsAnswer(estimate) }, nowMs, () => {
    if (isMore) {
      const result = tenant.engine.grant(
        policy,
        { subject, estimate, ifShort: if_short, isMore, isFree, owner },
        nowMs,
      );
      requirePrice(result.decision, estimated);
      return requireGranted(result, owner, nowMs);
    }
    requireNotFrozen(tenant.engine.allowsStep(policy, subject, nowMs), nowMs);
    return NOTHING_PENDING;
  });
  const extended: Reservation = {
    ...reservation,
    granted: addPending(reservation.granted, granted),
    pending: addPending(reservation.pending, granted),
    ...(isMore && estimated.isUnpriced() && { isUnpriced: true }),
    onExpiry: on_expiry ?? reservation.onExpiry,
    expiresAtMs:
      ttl_seconds === undefined
        ? reservation.expiresAtMs
        : expiryOf(nowMs + Math.round(ttl_seconds * 1000), reservation.createdAtMs, caller),
  };
  tenant.reservations.put(extended);
  const expires_at = new Date(extended.expiresAtMs).toISOString();
  tenant.ledger.append("extension", { ...callFields, on_expiry, expires_at, amounts: amountsAnswer(granted) }, nowMs);
  return withDecision(tenant, extended, nowMs, isFree);
}

function withDecision(
  tenant: Tenant,
  reservation: Reservation,
  nowMs: number,
  isFree: () => boolean,
  detail?: boolean,
): ReservationDecision {
  const decision = tenant.engine.allowsStep(tenant.policy, reservation.subject, nowMs, { isFree });
  return { ...reservationAnswer(reservation), decision: statusOf(decision, nowMs, detail) };
}

type Attempt = Pick<EntryBody, "user_id" | "labels" | "model" | "idempotency_key" | "reservation" | "amounts">;

/** Runs `reserve`, and records it in the ledger if it refuses. */
function recordRefusal<T>(tenant: Tenant, attempt: Attempt, nowMs: number, reserve: () => T): T {
  try {
    return reserve();
  } catch (refusal) {
    if (refusal instanceof BudgetError) {
      const { amounts, ...callFields } = attempt;
      const reason = refusal.decision?.reason ?? refusal.code;
      tenant.ledger.append("refusal", { ...callFields, reason, amounts }, nowMs);
    }
    throw refusal;
  }
}

/** @throws BudgetError if nothing was granted */
function requireGranted(
  result: ReserveResult,
  owner: ReservationOwner | undefined,
  nowMs: number,
  detail?: boolean,
): Pending {
  if (result.granted) return result.granted;
  if (owner && result.beyondShare !== undefined) throw beyondShare(result.beyondShare, owner);
  throw new BudgetError(refusalOf(statusOf(result.decision, nowMs, detail)));
}

/** @throws BudgetError if a freeze blocks the step: a reservation cannot be prolonged under a freeze */
function requireNotFrozen(decision: Decision, nowMs: number): void {
  if (decision.state === "blocked" && decision.limit === null)
    throw new BudgetError(refusalOf(statusOf(decision, nowMs)));
}

/** `limit_reached` if time will make room, `budget_exhausted` if not. */
function refusalOf(decision: DecisionResponse) {
  const { limit, reason, retry_after } = decision;
  const detail = limit === null ? `the budget is ${reason}` : `not enough is left under ${limit}`;
  return { code: retry_after === null ? "budget_exhausted" : "limit_reached", detail, decision } as const;
}
