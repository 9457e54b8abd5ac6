/** Bounds on what one event can report or reserve. */
import { type Policy, type Usage, usdFromNano } from "../../core/index.ts";
import { BudgetError, inputRefusal, pointerTo } from "../../wire/index.ts";

/** The amounts of an event, or of a reservation with its extensions, which is for one call. */
interface EventAmounts {
  readonly tokens: number;
  readonly costNanoUsd: number;
}

/**
 * Refuses amounts that no real call can have: one such report would take totals to their ceiling.
 *
 * @param request the amounts as sent, so that the error can name their field
 * @throws BudgetError `invalid_input` if the tokens or the cost exceed the bound of one event
 */
export function requireRealUsage(policy: Policy, usage: Usage, request: object): void {
  const tokens = usage.inputTokens + usage.outputTokens;
  requireRealEvent(policy, { tokens, costNanoUsd: usage.costNanoUsd }, request);
}

/** The same for an estimate. */
export function requireRealEvent(policy: Policy, { tokens, costNanoUsd }: EventAmounts, request: object): void {
  if (tokens > policy.maxEventTokens) {
    const field = ["tokens", "tokens_in", "tokens_out", "input_tokens"].find((name) => Object.hasOwn(request, name));
    throw beyond(field, `${policy.maxEventTokens} tokens`, `this has ${tokens}`, "max_event_tokens");
  }
  if (costNanoUsd > policy.maxEventCostNanoUsd) {
    const field = Object.hasOwn(request, "cost_usd") ? "cost_usd" : undefined;
    const bound = `${usdFromNano(policy.maxEventCostNanoUsd)} USD`;
    throw beyond(field, bound, `this costs ${usdFromNano(costNanoUsd)}`, "max_event_cost_usd");
  }
}

function beyond(field: string | undefined, bound: string, found: string, setting: string): BudgetError {
  const detail = `takes up to ${bound} for one call, and ${found}; ${setting} in the configuration sets the bound`;
  return new BudgetError(inputRefusal([{ pointer: field === undefined ? "" : pointerTo([field]), detail }]));
}
