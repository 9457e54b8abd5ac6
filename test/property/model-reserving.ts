import type { Operation } from "../../src/operations/index.ts";
import { type ModelAccounts, type Subject, told } from "./model-accounts.ts";
import { type Amounts, amountsIn, combine, type Measured, NO_AMOUNTS, NOTHING, sumOf } from "./model-amounts.ts";
import { estimateIn, Refused, subjectIn } from "./model-requests.ts";
import { chargeOf, type ModelHold, mostWithin, pendingAfter, reservationAnswer, settle } from "./model-reservations.ts";

/** What is asked for, and how: whether it is to be capped, and whether it is more for a call that holds something. */
interface Wish {
  readonly asked: Measured;
  readonly ifShort: "reject" | "cap" | undefined;
  readonly isMore?: boolean;
  /** The user that the caller is bound to, who may keep only a share of what others leave. */
  readonly owner: string | undefined;
  readonly detail?: boolean | undefined;
}

export function reserve(
  accounts: ModelAccounts,
  id: string,
  request: Operation<"reserve">["request"],
  owner: string | undefined,
  nowMs: number,
) {
  const { detail, if_short: ifShort, on_expiry: onExpiry = "release" } = request;
  const { ttl_seconds = accounts.config.reservation_ttl_seconds ?? 60 } = request;
  const subject = subjectIn(request);
  const asked = { ...estimateIn(request), calls: 1, concurrent_calls: 1 };
  const granted = grant(accounts, subject, { asked, ifShort, detail, owner }, nowMs);
  const hold: ModelHold = {
    id,
    ...subject,
    owner,
    state: "held",
    granted,
    held: granted,
    spent: NO_AMOUNTS,
    onExpiry,
    estimated: null,
    isLate: false,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + ttl_seconds * 1000,
    settledAtMs: null,
  };
  accounts.holds.push(hold);
  accounts.entries.push("hold");
  return withDecision(accounts, hold, nowMs, detail);
}

export function extend(
  accounts: ModelAccounts,
  hold: ModelHold,
  request: Operation<"extend">["request"],
  owner: string | undefined,
  nowMs: number,
) {
  if (hold.state !== "held") throw new Refused("already_settled");
  const asked = estimateIn(request);
  const isMore = asked.tokens > 0 || asked.cost_usd > 0;
  if (!isMore) requireThawed(accounts, hold, nowMs);
  const granted = isMore ? grant(accounts, hold, { asked, ifShort: request.if_short, isMore, owner }, nowMs) : NOTHING;
  hold.granted = sumOf([hold.granted, granted], NOTHING);
  hold.held = sumOf([hold.held, granted], NOTHING);
  hold.onExpiry = request.on_expiry ?? hold.onExpiry;
  if (request.ttl_seconds !== undefined) hold.expiresAtMs = nowMs + request.ttl_seconds * 1000;
  accounts.entries.push("extension");
  return withDecision(accounts, hold, nowMs);
}

/** Charges what a call came to, or, where the hold's expiry was charged, what differs from that as far as it is still there. */
export function commit(
  accounts: ModelAccounts,
  hold: ModelHold,
  request: Operation<"commit">["request"],
  nowMs: number,
) {
  if (hold.state === "committed") throw new Refused("already_settled");
  const { final = true, detail } = request;
  const { estimated } = hold;
  const spent: Amounts = { ...amountsIn(request), calls: hold.spent.calls === 0 ? 1 : 0 };
  accounts.chargeAll(accounts.keysOf(hold, nowMs), nowMs, (key) => {
    const isThere = accounts.touch(key, nowMs)?.charges.some(({ estimates }) => estimates === hold.id);
    const charged = (isThere && estimated?.amounts) || NO_AMOUNTS;
    const amounts = combine(spent, charged, (part, before) => (final ? part - before : Math.max(0, part - before)));
    return { atMs: nowMs, amounts, corrects: estimated ? hold.id : undefined };
  });
  hold.isLate ||= hold.state !== "held";
  hold.spent = sumOf([hold.spent, spent], NO_AMOUNTS);
  if (final) {
    settle(hold, "committed", nowMs);
    hold.estimated = null;
  } else if (hold.state === "held") {
    hold.held = pendingAfter(hold.held, spent);
  } else if (estimated) {
    const left = combine(estimated.amounts, spent, (before, part) => Math.max(0, before - part));
    hold.estimated = { ...estimated, amounts: left };
  }
  accounts.entries.push(hold.isLate ? "late commit" : "commit");
  return withDecision(accounts, hold, nowMs, detail);
}

export function release(accounts: ModelAccounts, hold: ModelHold, nowMs: number) {
  if (hold.state === "committed") throw new Refused("already_settled");
  if (hold.state === "held") {
    settle(hold, "released", nowMs);
    accounts.entries.push("release");
  }
  return reservationAnswer(hold);
}

/** Ends every hold whose time is over, the longest ago first, and charges it where it says so. */
export function expire(accounts: ModelAccounts, nowMs: number): void {
  const over = accounts.holds.filter(({ state, expiresAtMs }) => state === "held" && expiresAtMs <= nowMs);
  // Those that charge nothing keep nothing from now on, whichever comes first.
  for (const hold of over) if (hold.onExpiry === "release") hold.held = NOTHING;
  for (const hold of over.sort((a, b) => a.expiresAtMs - b.expiresAtMs)) {
    const amounts = chargeOf(hold);
    const isCharged = hold.onExpiry === "charge";
    const charge = { atMs: nowMs, amounts, estimates: hold.id };
    if (isCharged) accounts.chargeAll(accounts.keysOf(hold, nowMs), nowMs, () => charge);
    hold.estimated = isCharged ? { amounts } : null;
    settle(hold, "expired", nowMs);
    accounts.entries.push("expiry");
  }
}

/** What is given of what is asked for: all of it, or of what is to be capped as much as is left. */
function grant(accounts: ModelAccounts, subject: Subject, wish: Wish, nowMs: number): Measured {
  const { asked, ifShort, isMore, detail, owner } = wish;
  const keys = accounts.keysOf(subject, nowMs);
  const decide = (some: Measured) => accounts.decide(keys, nowMs, { asked: some, isMore });
  const decision = decide(asked);
  const isBeyond = (some: Measured) => accounts.isBeyondShare(keys, some, owner, nowMs);
  if (decision.state !== "blocked" && !isBeyond(asked)) return asked;
  const most = ifShort === "cap" ? mostWithin(asked, (metric) => accounts.left(keys, metric, owner, nowMs)) : null;
  if (most && decide(most).state !== "blocked" && !isBeyond(most)) return most;
  accounts.entries.push("refusal");
  if (decision.state !== "blocked") throw new Refused("reservation_share");
  // What is to be capped is refused by what leaves nothing, and not by what leaves too little.
  const onNothing = ifShort === "cap" ? decide(NOTHING) : decision;
  throw new Refused("no room", told(onNothing.state === "blocked" ? onNothing : decision, detail));
}

/** A reservation is not kept on under a freeze. */
function requireThawed(accounts: ModelAccounts, hold: ModelHold, nowMs: number): void {
  const decision = accounts.decide(accounts.keysOf(hold, nowMs), nowMs);
  if (decision.reason !== "frozen") return;
  accounts.entries.push("refusal");
  throw new Refused("no room", told(decision));
}

function withDecision(accounts: ModelAccounts, hold: ModelHold, nowMs: number, detail?: boolean) {
  const decision = accounts.decide(accounts.keysOf(hold, nowMs), nowMs);
  return { ...reservationAnswer(hold), decision: told(decision, detail) };
}
