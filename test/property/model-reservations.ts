import { type Amounts, amountsAnswer, combine, type Measured, NOTHING, totalsAnswer } from "./model-amounts.ts";
import { timeOf } from "./model-requests.ts";

export interface ModelHold {
  readonly id: string;
  user: string | null;
  readonly labels: Readonly<Record<string, string>>;
  state: "held" | "committed" | "released" | "expired";
  granted: Measured;
  held: Measured;
  spent: Amounts;
  onExpiry: "release" | "charge";
  /** The user that its caller is bound to. */
  owner?: string | undefined;
  /** What its expiry charged and no commit has corrected. */
  estimated: { readonly amounts: Amounts } | null;
  isLate: boolean;
  readonly createdAtMs: number;
  expiresAtMs: number;
  settledAtMs: number | null;
}

/** Ends what a hold keeps. */
export function settle(hold: ModelHold, state: ModelHold["state"], nowMs: number): void {
  hold.state = state;
  hold.held = NOTHING;
  hold.settledAtMs = nowMs;
}

/** What the end of a hold's time charges: tokens of neither kind as output. */
export function chargeOf({ held }: ModelHold): Amounts {
  const { tokens, input_tokens, cost_usd, calls } = held;
  return { tokensIn: input_tokens, tokensOut: tokens - input_tokens, costNano: cost_usd, calls };
}

/** What stays held after a part was spent: no more of a kind than there are tokens left, the input's first. */
export function pendingAfter(held: Measured, spent: Amounts): Measured {
  const left = (amount: number, used: number) => Math.max(0, amount - used);
  const tokens = left(held.tokens, spent.tokensIn + spent.tokensOut);
  const input_tokens = Math.min(left(held.input_tokens, spent.tokensIn), tokens);
  return {
    tokens,
    input_tokens,
    output_tokens: Math.min(left(held.output_tokens, spent.tokensOut), tokens - input_tokens),
    cost_usd: left(held.cost_usd, spent.costNano),
    calls: left(held.calls, spent.calls),
    concurrent_calls: held.concurrent_calls,
  };
}

/** The most of what is asked for that leaves each metric within what is left of it; null where that is nothing of one. */
export function mostWithin(asked: Measured, left: (metric: keyof Measured) => number): Measured | null {
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
  const isNothing = combine(granted, asked, (some, wanted) => (wanted > 0 && some <= 0 ? 1 : 0));
  return Object.values(isNothing).includes(1) ? null : granted;
}

export function reservationAnswer(hold: ModelHold) {
  return {
    id: hold.id,
    state: hold.state,
    user_id: hold.user,
    labels: hold.labels,
    granted: amountsAnswer(hold.granted),
    held: amountsAnswer(hold.held),
    spent: totalsAnswer(hold.spent),
    on_expiry: hold.onExpiry,
    ...(hold.estimated && { estimated: totalsAnswer(hold.estimated.amounts) }),
    ...(hold.isLate && { late: true }),
    created_at: timeOf(hold.createdAtMs),
    expires_at: timeOf(hold.expiresAtMs),
    settled_at: hold.settledAtMs === null ? null : timeOf(hold.settledAtMs),
  };
}
