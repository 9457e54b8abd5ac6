import { type Policy, type Usage, usdFromNano } from "../../core/index.ts";
import { BudgetError, inputRefusal, pointerTo } from "../../wire/index.ts";

/** What an event comes to, or a reservation as a whole: it is one call's. */
interface EventAmounts {
  readonly tokens: number;
  readonly costNanoUsd: number;
}

/**
 * Refuses figures that no real call can have: one such report would carry totals to their ceiling.
 *
 * @param request what the amounts were read from, for the error to name its field
 * @throws BudgetError `invalid_input` if there are more tokens, or they cost more, than one event can
 */
export function requireRealUsage(policy: Policy, usage: Usage, request: object): void {
  const tokens = usage.inputTokens + usage.outputTokens;
  requireRealEvent(policy, { tokens, costNanoUsd: usage.costNanoUsd }, request);
}

/** The same for what a call may come to. */
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
