import {
  addHeld,
  type Decision,
  estimateOf,
  type Grant,
  type Held,
  type Hold,
  type Holder,
  NO_USAGE,
  NOTHING_HELD,
  pricedUsageOf,
  release as releaseHold,
  statusOf,
  subjectOf,
} from "../core/index.ts";
import { priceCall } from "../pricing/index.ts";
import {
  BudgetError,
  type Caller,
  type CommitRequest,
  type DecisionAnswer,
  inputRefusal,
  type Operation,
  type Page,
  type ReservationAnswer,
  type ReservationDecision,
} from "../wire/index.ts";
import { isOwnHold } from "./admitting.ts";
import { heldAnswer, reservationAnswer } from "./answers.ts";
import { requireRealEvent, requireRealUsage } from "./event-bounds.ts";
import { chargesOf, type EntryBody } from "./ledger-entry.ts";
import { beyondShare, endOf, holderOf, requirePlace } from "./reservation-shares.ts";
import { pricedAt } from "./spending.ts";
import type { TenantStores } from "./tenant-stores.ts";

export function reserve(
  tenant: TenantStores,
  { request }: Operation<"reserve">,
  nowMs: number,
  caller?: Caller,
): ReservationDecision {
  const { policy } = tenant;
  const { user_id, labels, model, idempotency_key, on_expiry = "release", if_short = "reject" } = request;
  const estimate = estimateOf(request, policy.prices, priceCall, nowMs);
  requireRealEvent(policy, estimate, request);
  const who = { user_id, labels, model, idempotency_key };
  const holder = holderOf(caller, policy);
  const asked = { subject: subjectOf(request), estimate, ifShort: if_short, holder };
  const granted = recorded(tenant, { ...who, amounts: heldAnswer(estimate) }, nowMs, () => {
    requirePlace(tenant, holder);
    return grantedOf(tenant.accounts.grant(policy, asked, nowMs), holder, nowMs, request.detail);
  });
  const ttlMs = request.ttl_seconds === undefined ? policy.reservationTtlMs : Math.round(request.ttl_seconds * 1000);
  const hold: Hold = {
    id: tenant.holds.newId(nowMs),
    subject: asked.subject,
    model,
    provider: request.provider,
    owner: holder?.owner,
    state: "held",
    granted,
    held: granted,
    onExpiry: on_expiry,
    spent: NO_USAGE,
    estimated: null,
    late: false,
    createdAtMs: nowMs,
    expiresAtMs: endOf(nowMs + ttlMs, nowMs, caller),
    settledAtMs: null,
  };
  tenant.holds.put(hold);
  const expires_at = new Date(hold.expiresAtMs).toISOString();
  const told = { ...who, reservation: hold.id, amounts: heldAnswer(granted), on_expiry, expires_at };
  tenant.ledger.append("hold", told, nowMs);
  return withDecision(tenant, hold, nowMs, request.detail);
}

export function extend(
  tenant: TenantStores,
  { id, request }: Operation<"extend">,
  nowMs: number,
  caller?: Caller,
): ReservationDecision {
  const { policy } = tenant;
  const { ttl_seconds, on_expiry, idempotency_key, if_short = "reject" } = request;
  const hold = findHold(tenant, id, nowMs, caller);
  if (hold.state !== "held") throw settled(hold);
  const { subject, model, provider } = hold;
  const asked = estimateOf({ model, provider, ...request }, policy.prices, priceCall, nowMs);
  // More of the same call: it is one hold, however often it is extended.
  const more = { ...asked, calls: 0, concurrentCalls: 0 };
  requireRealEvent(policy, addHeld(hold.granted, more), request);
  const isMore = more.tokens > 0 || more.costNanoUsd > 0;
  const holder = holderOf(caller, policy);
  const told = { ...whoseEntry(hold), idempotency_key, reservation: id };
  const granted = recorded(tenant, { ...told, amounts: heldAnswer(more) }, nowMs, () => {
    const asked = { subject, estimate: more, ifShort: if_short, isMore, holder };
    if (isMore) return grantedOf(tenant.accounts.grant(policy, asked, nowMs), holder, nowMs);
    requireThawed(tenant.accounts.allowsStep(policy, subject, nowMs), nowMs);
    return NOTHING_HELD;
  });
  const askedEndMs = ttl_seconds === undefined ? hold.expiresAtMs : nowMs + Math.round(ttl_seconds * 1000);
  const extended: Hold = {
    ...hold,
    granted: addHeld(hold.granted, granted),
    held: addHeld(hold.held, granted),
    onExpiry: on_expiry ?? hold.onExpiry,
    expiresAtMs: ttl_seconds === undefined ? hold.expiresAtMs : endOf(askedEndMs, hold.createdAtMs, caller),
  };
  tenant.holds.put(extended);
  const expires_at = new Date(extended.expiresAtMs).toISOString();
  tenant.ledger.append("extension", { ...told, on_expiry, expires_at, amounts: heldAnswer(granted) }, nowMs);
  return withDecision(tenant, extended, nowMs);
}

export function commit(
  tenant: TenantStores,
  { id, request }: Operation<"commit">,
  nowMs: number,
  caller?: Caller,
): ReservationDecision {
  const { policy } = tenant;
  const { idempotency_key, final = true } = request;
  const hold = findHold(tenant, id, nowMs, caller);
  if (hold.state === "committed") throw settled(hold);
  requireOwnModel(hold, request);
  const { model = hold.model, provider = hold.provider } = request;
  const { usage, price } = pricedUsageOf({ ...request, model, provider }, policy.prices, priceCall, nowMs);
  requireRealUsage(policy, usage, request);
  const committed = tenant.accounts.commit(policy, hold, usage, final, nowMs);
  tenant.holds.put(committed.hold);
  const told = { ...whoseEntry(hold), ...(price && { model, provider }), ...pricedAt(price), idempotency_key };
  const late = committed.hold.late || undefined;
  // A call is counted once, however many parts it is reported in.
  const reported = hold.spent.calls > 0 ? { ...usage, calls: 0 } : usage;
  const charges = chargesOf(committed.charges, reported, hold.estimated !== null);
  tenant.ledger.append("commit", { ...told, reservation: id, final, late, ...charges }, nowMs);
  return { ...reservationAnswer(committed.hold), decision: statusOf(committed.decision, nowMs, request.detail) };
}

export function release(
  tenant: TenantStores,
  { id, request }: Operation<"release">,
  nowMs: number,
  caller?: Caller,
): ReservationAnswer {
  const hold = findHold(tenant, id, nowMs, caller);
  if (hold.state === "committed") throw settled(hold);
  // What was released or has expired holds nothing that could be given back.
  if (hold.state !== "held") return reservationAnswer(hold);
  const released = releaseHold(hold, nowMs);
  tenant.holds.put(released);
  const told = { ...whoseEntry(hold), idempotency_key: request.idempotency_key, reservation: id };
  tenant.ledger.append("release", told, nowMs);
  return reservationAnswer(released);
}

export function reservation(
  tenant: TenantStores,
  { id }: Operation<"reservation">,
  nowMs: number,
  caller?: Caller,
): ReservationAnswer {
  return reservationAnswer(findHold(tenant, id, nowMs, caller));
}

export function reservations(
  tenant: TenantStores,
  { query }: Operation<"reservations">,
  _: number,
  caller?: Caller,
): Page<ReservationAnswer, string> {
  const { items, next } = tenant.holds.page({ ...query, user: caller?.user, labels: caller?.labels });
  return { items: items.map(reservationAnswer), next };
}

function withDecision(tenant: TenantStores, hold: Hold, nowMs: number, detail?: boolean): ReservationDecision {
  const decision = tenant.accounts.allowsStep(tenant.policy, hold.subject, nowMs);
  return { ...reservationAnswer(hold), decision: statusOf(decision, nowMs, detail) };
}

/** Finds a hold that the caller may see; another's is as unknown to it as one that never was. */
function findHold(tenant: TenantStores, id: string, nowMs: number, caller: Caller | undefined): Hold {
  tenant.expiries.passOne(id, nowMs);
  const stored = tenant.holds.get(id);
  const hold = stored && tenant.erasure.holdAfter(stored);
  if (hold && isOwnHold(caller, hold)) return hold;
  throw new BudgetError({ code: "unknown_reservation", detail: `there is no reservation "${id}"` });
}

function settled({ id, state }: Hold): BudgetError {
  return new BudgetError({ code: "already_settled", detail: `the reservation "${id}" is ${state}` });
}

/**
 * Refuses to price a call as another model than it was reserved and is counted for: a cheaper one would hide what it
 * spent.
 *
 * @throws BudgetError `invalid_input` if it names another model and no cost
 */
function requireOwnModel({ subject }: Hold, { model, cost_usd }: CommitRequest): void {
  const reserved = subject.labels.model;
  if (model === undefined || cost_usd !== undefined || reserved === undefined || model === reserved) return;
  const detail = `differs from the reservation's, which is "${reserved}": leave it out, or send what the call cost as cost_usd`;
  throw new BudgetError(inputRefusal([{ pointer: "/model", detail }]));
}

type Attempt = Pick<EntryBody, "user_id" | "labels" | "model" | "idempotency_key" | "reservation" | "amounts">;

/** Carries out what may be refused for want of room, and has the ledger tell a refusal. */
function recorded<T>(tenant: TenantStores, attempt: Attempt, nowMs: number, carryOut: () => T): T {
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
function grantedOf(grant: Grant, holder: Holder | undefined, nowMs: number, detail?: boolean): Held {
  if (grant.granted) return grant.granted;
  if (holder && grant.beyondShare !== undefined) throw beyondShare(grant.beyondShare, holder);
  throw new BudgetError(refusalOf(statusOf(grant.decision, nowMs, detail)));
}

/** @throws BudgetError if a step is blocked by a freeze, under which a reservation must not be kept on */
function requireThawed(decision: Decision, nowMs: number): void {
  if (decision.state === "blocked" && decision.limit === null)
    throw new BudgetError(refusalOf(statusOf(decision, nowMs)));
}

/** A refusal that time can lift, or one that it cannot. */
function refusalOf(decision: DecisionAnswer) {
  const { limit, reason, retry_after } = decision;
  const detail = limit === null ? `the budget is ${reason}` : `${limit} does not hold this any more`;
  return { code: retry_after === null ? "budget_exhausted" : "limit_reached", detail, decision } as const;
}

function whoseEntry({ subject: { userId, labels } }: Hold) {
  return { user_id: userId, labels };
}
