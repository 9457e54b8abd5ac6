/** One reservation of the model: what it grants, what stays pending, and what its expiry charges. */
import { type Amounts, amountsAnswer, combine, type Measured, NOTHING, totalsAnswer } from "./model-amounts.ts";
import { timeOf } from "./model-requests.ts";

export interface ModelReservation {
  readonly id: string;
  user: string | null;
  readonly labels: Readonly<Record<string, string>>;
  state: "held" | "committed" | "released" | "expired";
  granted: Measured;
  pending: Measured;
  spent: Amounts;
  onExpiry: "release" | "charge";
  /** The user that the caller who made it is bound to. */
  owner?: string | undefined;
  /** What its expiry charged, less what commits have corrected. */
  estimated: { readonly amounts: Amounts } | null;
  isLate: boolean;
  readonly createdAtMs: number;
  expiresAtMs: number;
  settledAtMs: number | null;
}

/** Closes a reservation and sets its pending amount to 0. */
export function settle(reservation: ModelReservation, state: ModelReservation["state"], nowMs: number): void {
  reservation.state = state;
  reservation.pending = NOTHING;
  reservation.settledAtMs = nowMs;
}

/** What a reservation's expiry charges: tokens that are neither input nor output count as output. */
export function chargeAtExpiry({ pending }: ModelReservation): Amounts {
  const { tokens, input_tokens, cost_usd, calls } = pending;
  return { tokensIn: input_tokens, tokensOut: tokens - input_tokens, costNano: cost_usd, calls };
}

/** The pending amount after a partial commit: input tokens first, then output, neither more than the tokens left. */
export function pendingAfter(pending: Measured, spent: Amounts): Measured {
  const left = (amount: number, used: number) => Math.max(0, amount - used);
  const tokens = left(pending.tokens, spent.tokensIn + spent.tokensOut);
  const input_tokens = Math.min(left(pending.input_tokens, spent.tokensIn), tokens);
  return {
    tokens,
    input_tokens,
    output_tokens: Math.min(left(pending.output_tokens, spent.tokensOut), tokens - input_tokens),
    cost_usd: left(pending.cost_usd, spent.costNano),
    calls: left(pending.calls, spent.calls),
    concurrent_calls: pending.concurrent_calls,
  };
}

/** The most of what is asked for that fits into what is left of each metric; null if one of them has nothing left. */
export function cappedTo(asked: Measured, left: (metric: keyof Measured) => number): Measured | null {
  const either = asked.tokens - asked.input_tokens - asked.output_tokens;
  const ofKinds =
    Math.min(asked.input_tokens, left("input_tokens")) + Math.min(asked.output_tokens, left("output_tokens"));
  const tokens = Math.min(ofKinds + either, left("tokens"));
  const input_tokens = Math.min(asked.input_tokens, left("input_tokens"), tokens);
  const output_tokens = Math.min(asked.output_tokens, left("output_tokens"), tokens - input_tokens);
  const granted = {
    ...asked,
    tokens,
    input_tokens,
    output_tokens,
    cost_usd: Math.min(asked.cost_usd, left("cost_usd")),
  };
  const isNothing = combine(granted, asked, (given, wanted) => (wanted > 0 && given <= 0 ? 1 : 0));
  return Object.values(isNothing).includes(1) ? null : granted;
}

export function reservationAnswer(reservation: ModelReservation) {
  return {
    id: reservation.id,
    state: reservation.state,
    user_id: reservation.user,
    labels: reservation.labels,
    granted: amountsAnswer(reservation.granted),
    held: amountsAnswer(reservation.pending),
    spent: totalsAnswer(reservation.spent),
    on_expiry: reservation.onExpiry,
    ...(reservation.estimated && { estimated: totalsAnswer(reservation.estimated.amounts) }),
    ...(reservation.isLate && { late: true }),
    created_at: timeOf(reservation.createdAtMs),
    expires_at: timeOf(reservation.expiresAtMs),
    settled_at: reservation.settledAtMs === null ? null : timeOf(reservation.settledAtMs),
  };
}
