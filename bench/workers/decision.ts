import type { DecisionResponse } from "../../src/wire/index.ts";

/** A decision as the budget of the bench answers it. */
export const DECISION: DecisionResponse = {
  state: "ok",
  reason: null,
  limit: null,
  remaining: { tokens: 999_999_999_999, cost_usd: 999_999.123456 },
  retry_after: null,
};
