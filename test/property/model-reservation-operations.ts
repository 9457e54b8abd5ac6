/** The model's operations on reservations: reserve, extend, commit, release and expire. */
import type { Operation } from "../../src/operations/index.ts";
import { type Amounts, amountsIn, combine, type Measured, NO_AMOUNTS, NOTHING, sumOf } from "./model-amounts.ts";
import type { Subject } from "./model-bucket-keys.ts";
import { decide, decisionAnswer } from "./model-decisions.ts";
import { estimateIn, Refused, subjectIn } from "./model-requests.ts";
import {
  cappedTo,
  chargeAtExpiry,
  type ModelReservation,
  pendingAfter,
  reservationAnswer,
  settle,
} from "./model-reservation.ts";
import { exceedsShare, leftOf } from "./model-shares.ts";
import type { ModelTenant } from "./model-tenant.ts";

/** What is asked for: for a new reservation, or more for an open one. */
interface GrantRequest {
  readonly asked: Measured;
  readonly ifShort: "reject" | "cap" | undefined;
  readonly isMore?: boolean;
  /** The user that the caller is bound to, who gets at most a share of what others leave. */
  readonly owner: string | undefined;
  readonly detail?: boolean | undefined;
}

export function reserve(
  tenant: ModelTenant,
  id: string,
  request: Operation<"reserve">["request"],
  owner: string | undefined,
  nowMs: number,
) {
  const { detail, if_short: ifShort, on_expiry: onExpiry = "release" } = request;
  const { ttl_seconds = tenant.config.reservation_ttl_seconds ?? 60 } = request;
  const subject = subjectIn(request);
  const asked = { ...estimateIn(request), calls: 1, concurrent_calls: 1 };
  const granted = grant(tenant, subject, { asked, ifShort, detail, owner }, nowMs);
  const reservation: ModelReservation = {
    id,
    ...subject,
    owner,
    state: "held",
    granted,
    pending: granted,
    spent: NO_AMOUNTS,
    onExpiry,
    estimated: null,
    isLate: false,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + ttl_seconds * 1000,
    settledAtMs: null,
  };
  tenant.reservations.push(reservation);
  tenant.entries.push("hold");
  return withDecision(tenant, reservation, nowMs, detail);
}

export function extend(
  tenant: ModelTenant,
  reservation: ModelReservation,
  request: Operation<"extend">["request"],
  owner: string | undefined,
  nowMs: number,
) {
  if (reservation.state !== "held") throw new Refused("already_settled");
  const asked = estimateIn(request);
  const isMore = asked.tokens > 0 || asked.cost_usd > 0;
  if (!isMore) requireNotFrozen(tenant, reservation, nowMs);
  const granted = isMore
    ? grant(tenant, reservation, { asked, ifShort: request.if_short, isMore, owner }, nowMs)
    : NOTHING;
  reservation.granted = sumOf([reservation.granted, granted], NOTHING);
  reservation.pending = sumOf([reservation.pending, granted], NOTHING);
  reservation.onExpiry = request.on_expiry ?? reservation.onExpiry;
  if (request.ttl_seconds !== undefined) reservation.expiresAtMs = nowMs + request.ttl_seconds * 1000;
  tenant.entries.push("extension");
  return withDecision(tenant, reservation, nowMs);
}

/** Charges what a call spent; to buckets that its reservation's expiry has charged, only the difference. */
export function commit(
  tenant: ModelTenant,
  reservation: ModelReservation,
  request: Operation<"commit">["request"],
  nowMs: number,
) {
  if (reservation.state === "committed") throw new Refused("already_settled");
  const { final = true, detail } = request;
  const { estimated } = reservation;
  const spent: Amounts = { ...amountsIn(request), calls: reservation.spent.calls === 0 ? 1 : 0 };
  tenant.chargeAll(tenant.keysOf(reservation, nowMs), nowMs, (key) => {
    const isCharged = tenant.touch(key, nowMs)?.charges.some(({ estimates }) => estimates === reservation.id);
    const charged = (isCharged && estimated?.amounts) || NO_AMOUNTS;
    const amounts = combine(spent, charged, (part, before) => (final ? part - before : Math.max(0, part - before)));
    return { atMs: nowMs, amounts, corrects: estimated ? reservation.id : undefined };
  });
  reservation.isLate ||= reservation.state !== "held";
  reservation.spent = sumOf([reservation.spent, spent], NO_AMOUNTS);
  if (final) {
    settle(reservation, "committed", nowMs);
    reservation.estimated = null;
  } else if (reservation.state === "held") {
    reservation.pending = pendingAfter(reservation.pending, spent);
  } else if (estimated) {
    const left = combine(estimated.amounts, spent, (before, part) => Math.max(0, before - part));
    reservation.estimated = { ...estimated, amounts: left };
  }
  tenant.entries.push(reservation.isLate ? "late commit" : "commit");
  return { ...withDecision(tenant, reservation, nowMs, detail), cost_usd: spent.costNano / 1e9 };
}

export function release(tenant: ModelTenant, reservation: ModelReservation, nowMs: number) {
  if (reservation.state === "committed") throw new Refused("already_settled");
  if (reservation.state === "held") {
    settle(reservation, "released", nowMs);
    tenant.entries.push("release");
  }
  return reservationAnswer(reservation);
}

/** Expires reservations in the order of their expiry, and charges those with `on_expiry: charge`. */
export function expire(tenant: ModelTenant, nowMs: number): void {
  const expired = tenant.reservations.filter(({ state, expiresAtMs }) => state === "held" && expiresAtMs <= nowMs);
  // These first: none of them has a pending amount while the others are charged.
  for (const reservation of expired) if (reservation.onExpiry === "release") reservation.pending = NOTHING;
  for (const reservation of expired.sort((a, b) => a.expiresAtMs - b.expiresAtMs)) {
    const amounts = chargeAtExpiry(reservation);
    const isCharged = reservation.onExpiry === "charge";
    const charge = { atMs: nowMs, amounts, estimates: reservation.id };
    if (isCharged) tenant.chargeAll(tenant.keysOf(reservation, nowMs), nowMs, () => charge);
    reservation.estimated = isCharged ? { amounts } : null;
    settle(reservation, "expired", nowMs);
    tenant.entries.push("expiry");
  }
}

/** Grants all of what is asked for, or with `if_short: cap` as much as is left. */
function grant(tenant: ModelTenant, subject: Subject, request: GrantRequest, nowMs: number): Measured {
  const { asked, ifShort, isMore, detail, owner } = request;
  const keys = tenant.keysOf(subject, nowMs);
  const decideOn = (amounts: Measured) => decide(tenant, keys, nowMs, { asked: amounts, isMore });
  const decision = decideOn(asked);
  const exceeds = (amounts: Measured) => exceedsShare(tenant, keys, amounts, owner, nowMs);
  if (decision.state !== "blocked" && !exceeds(asked)) return asked;
  const most = ifShort === "cap" ? cappedTo(asked, (metric) => leftOf(tenant, keys, metric, owner, nowMs)) : null;
  if (most && decideOn(most).state !== "blocked" && !exceeds(most)) return most;
  tenant.entries.push("refusal");
  if (decision.state !== "blocked") throw new Refused("reservation_share");
  // A capped request is refused by the limit that leaves nothing, not by one that leaves too little.
  const onNothing = ifShort === "cap" ? decideOn(NOTHING) : decision;
  throw new Refused("no room", decisionAnswer(onNothing.state === "blocked" ? onNothing : decision, detail));
}

/** A frozen bucket's reservations cannot be extended. */
function requireNotFrozen(tenant: ModelTenant, reservation: ModelReservation, nowMs: number): void {
  const decision = decide(tenant, tenant.keysOf(reservation, nowMs), nowMs);
  if (decision.reason !== "frozen") return;
  tenant.entries.push("refusal");
  throw new Refused("no room", decisionAnswer(decision));
}

function withDecision(tenant: ModelTenant, reservation: ModelReservation, nowMs: number, detail?: boolean) {
  const decision = decide(tenant, tenant.keysOf(reservation, nowMs), nowMs);
  return { ...reservationAnswer(reservation), decision: decisionAnswer(decision, detail) };
}
