import {
  addPending,
  type Decision,
  estimateOf,
  NO_USAGE,
  NOTHING_PENDING,
  type Pending,
  pricedUsageOf,
  type Reservation,
  type ReservationOwner,
  type ReserveResult,
  release as releaseHold,
  statusOf,
  subjectOf,
} from "../../core/index.ts";
import type { Caller, Operation } from "../../operations/index.ts";
import { priceCall } from "../../pricing/index.ts";
import {
  BudgetError,
  type CommitRequest,
  type DecisionResponse,
  inputRefusal,
  type Page,
  type ReservationDecision,
  type ReservationResponse,
} from "../../wire/index.ts";
import { chargesOf, type EntryBody } from "../store/ledger-entry.ts";
import type { Tenant } from "../tenant.ts";
import { amountsAnswer, reservationAnswer } from "./answers.ts";
import { requireRealEvent, requireRealUsage } from "./event-bounds.ts";
import { beyondShare, endOf, ownerOf, requirePlace } from "./reservation-shares.ts";
import { pricedAt } from "./steps.ts";

export function reserve(
  tenant: Tenant,
  { request }: Operation<"reserve">,
  nowMs: number,
  caller?: Caller,
): ReservationDecision {
  const { policy } = tenant;
  const { user_id, labels, model, idempotency_key, on_expiry = "release", if_short = "reject" } = request;
  const estimate = estimateOf(request, policy.prices, priceCall, nowMs);
  requireRealEvent(policy, estimate, request);
  const who = { user_id, labels, model, idempotency_key };
  const owner = ownerOf(caller, policy);
  const asked = { subject: subjectOf(request), estimate, ifShort: if_short, owner };
  const granted = recorded(tenant, { ...who, amounts: amountsAnswer(estimate) }, nowMs, () => {
    requirePlace(tenant, owner);
    return grantedOf(tenant.engine.grant(policy, asked, nowMs), owner, nowMs, request.detail);
  });
  const ttlMs = request.ttl_seconds === undefined ? policy.reservationTtlMs : Math.round(request.ttl_seconds * 1000);
  const reservation: Reservation = {
    id: tenant.reservations.newId(nowMs),
    subject: asked.subject,
    model,
    provider: request.provider,
    owner: owner?.id,
    state: "held",
    granted,
    pending: granted,
    onExpiry: on_expiry,
    spent: NO_USAGE,
    estimated: null,
    late: false,
    createdAtMs: nowMs,
    expiresAtMs: endOf(nowMs + ttlMs, nowMs, caller),
    settledAtMs: null,
  };
  tenant.reservations.put(reservation);
  const expires_at = new Date(reservation.expiresAtMs).toISOString();
  const told = { ...who, reservation: reservation.id, amounts: amountsAnswer(granted), on_expiry, expires_at };
  tenant.ledger.append("hold", told, nowMs);
  return withDecision(tenant, reservation, nowMs, request.detail);
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
  if (reservation.state !== "held") throw settled(reservation);
  const { subject, model, provider } = reservation;
  const asked = estimateOf({ model, provider, ...request }, policy.prices, priceCall, nowMs);
  // More of the same call: it is one hold, however often it is extended.
  const more = { ...asked, calls: 0, concurrentCalls: 0 };
  requireRealEvent(policy, addPending(reservation.granted, more), request);
  const isMore = more.tokens > 0 || more.costNanoUsd > 0;
  const owner = ownerOf(caller, policy);
  const told = { ...whoseEntry(reservation), idempotency_key, reservation: id };
  const granted = recorded(tenant, { ...told, amounts: amountsAnswer(more) }, nowMs, () => {
    const asked = { subject, estimate: more, ifShort: if_short, isMore, owner };
    if (isMore) return grantedOf(tenant.engine.grant(policy, asked, nowMs), owner, nowMs);
    requireThawed(tenant.engine.allowsStep(policy, subject, nowMs), nowMs);
    return NOTHING_PENDING;
  });
  const askedEndMs = ttl_seconds === undefined ? reservation.expiresAtMs : nowMs + Math.round(ttl_seconds * 1000);
  const extended: Reservation = {
    ...reservation,
    granted: addPending(reservation.granted, granted),
    pending: addPending(reservation.pending, granted),
    onExpiry: on_expiry ?? reservation.onExpiry,
    expiresAtMs:
      ttl_seconds === undefined ? reservation.expiresAtMs : endOf(askedEndMs, reservation.createdAtMs, caller),
  };
  tenant.reservations.put(extended);
  const expires_at = new Date(extended.expiresAtMs).toISOString();
  tenant.ledger.append("extension", { ...told, on_expiry, expires_at, amounts: amountsAnswer(granted) }, nowMs);
  return withDecision(tenant, extended, nowMs);
}

export function commit(
  tenant: Tenant,
  { id, request }: Operation<"commit">,
  nowMs: number,
  caller?: Caller,
): ReservationDecision {
  const { policy } = tenant;
  const { idempotency_key, final = true } = request;
  const reservation = findReservation(tenant, id, nowMs, caller);
  if (reservation.state === "committed") throw settled(reservation);
  requireOwnModel(reservation, request);
  const { model = reservation.model, provider = reservation.provider } = request;
  const { usage, price } = pricedUsageOf({ ...request, model, provider }, policy.prices, priceCall, nowMs);
  requireRealUsage(policy, usage, request);
  const committed = tenant.engine.commit(policy, reservation, usage, final, nowMs);
  tenant.reservations.put(committed.reservation);
  const told = { ...whoseEntry(reservation), ...(price && { model, provider }), ...pricedAt(price), idempotency_key };
  const late = committed.reservation.late || undefined;
  // A call is counted once, however many parts it is reported in.
  const reported = reservation.spent.calls > 0 ? { ...usage, calls: 0 } : usage;
  const charges = chargesOf(committed.charges, reported, reservation.estimated !== null);
  tenant.ledger.append("commit", { ...told, reservation: id, final, late, ...charges }, nowMs);
  return { ...reservationAnswer(committed.reservation), decision: statusOf(committed.decision, nowMs, request.detail) };
}

export function release(
  tenant: Tenant,
  { id, request }: Operation<"release">,
  nowMs: number,
  caller?: Caller,
): ReservationResponse {
  const reservation = findReservation(tenant, id, nowMs, caller);
  if (reservation.state === "committed") throw settled(reservation);
  // What was released or has expired holds nothing that could be given back.
  if (reservation.state !== "held") return reservationAnswer(reservation);
  const released = releaseHold(reservation, nowMs);
  tenant.reservations.put(released);
  const told = { ...whoseEntry(reservation), idempotency_key: request.idempotency_key, reservation: id };
  tenant.ledger.append("release", told, nowMs);
  return reservationAnswer(released);
}

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

function withDecision(tenant: Tenant, reservation: Reservation, nowMs: number, detail?: boolean): ReservationDecision {
  const decision = tenant.engine.allowsStep(tenant.policy, reservation.subject, nowMs);
  return { ...reservationAnswer(reservation), decision: statusOf(decision, nowMs, detail) };
}

/** Finds a hold that the caller may see; another's is as unknown to it as one that never was. */
function findReservation(tenant: Tenant, id: string, nowMs: number, caller: Caller | undefined): Reservation {
  tenant.expiries.passOne(id, nowMs);
  const stored = tenant.reservations.get(id);
  const reservation = stored && tenant.erasure.reservationAfter(stored);
  if (reservation && isOwnReservation(caller, reservation)) return reservation;
  throw new BudgetError({ code: "unknown_reservation", detail: `there is no reservation "${id}"` });
}

function settled({ id, state }: Reservation): BudgetError {
  return new BudgetError({ code: "already_settled", detail: `the reservation "${id}" is ${state}` });
}

/**
 * Refuses to price a call as another model than it was reserved and is counted for: a cheaper one would hide what it
 * spent.
 *
 * @throws BudgetError `invalid_input` if it names another model and no cost
 */
function requireOwnModel({ subject }: Reservation, { model, cost_usd }: CommitRequest): void {
  const reserved = subject.labels.model;
  if (model === undefined || cost_usd !== undefined || reserved === undefined || model === reserved) return;
  const detail = `differs from the reservation's, which is "${reserved}": leave it out, or send the cost as cost_usd`;
  throw new BudgetError(inputRefusal([{ pointer: "/model", detail }]));
}

type Attempt = Pick<EntryBody, "user_id" | "labels" | "model" | "idempotency_key" | "reservation" | "amounts">;

/** Carries out what may be refused for want of room, and has the ledger tell a refusal. */
function recorded<T>(tenant: Tenant, attempt: Attempt, nowMs: number, carryOut: () => T): T {
  try {
    return carryOut();
  } catch (refusal) {
    if (refusal instanceof BudgetError) {
      const { amounts, ...whose } = attempt;
      const reason = refusal.decision?.reason ?? refusal.code;
      tenant.ledger.append("refusal", { ...whose, reason, amounts }, nowMs);
    }
    throw refusal;
  }
}

/** @throws BudgetError if nothing was granted */
function grantedOf(
  grant: ReserveResult,
  owner: ReservationOwner | undefined,
  nowMs: number,
  detail?: boolean,
): Pending {
  if (grant.granted) return grant.granted;
  if (owner && grant.beyondShare !== undefined) throw beyondShare(grant.beyondShare, owner);
  throw new BudgetError(refusalOf(statusOf(grant.decision, nowMs, detail)));
}

/** @throws BudgetError if a step is blocked by a freeze, under which a reservation must not be kept on */
function requireThawed(decision: Decision, nowMs: number): void {
  if (decision.state === "blocked" && decision.limit === null)
    throw new BudgetError(refusalOf(statusOf(decision, nowMs)));
}

/** A refusal that time can lift, or one that it cannot. */
function refusalOf(decision: DecisionResponse) {
  const { limit, reason, retry_after } = decision;
  const detail = limit === null ? `the budget is ${reason}` : `not enough is left under ${limit}`;
  return { code: retry_after === null ? "budget_exhausted" : "limit_reached", detail, decision } as const;
}

function whoseEntry({ subject: { userId, labels } }: Reservation) {
  return { user_id: userId, labels };
}

/** True if a caller may see a reservation: a bound caller, that of a step that it could have taken. */
function isOwnReservation(caller: Caller | undefined, { subject }: Reservation): boolean {
  const { user, labels = {} } = caller ?? {};
  if (user !== undefined && subject.userId !== user) return false;
  return Object.entries(labels).every(([name, value]) => subject.labels[name] === value);
}
