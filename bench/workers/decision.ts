/** An answer to a step, as the measured budget gives it. */
import type { DecisionResponse } from "../../src/wire/index.ts";

export const DECISION: DecisionResponse = {
  state: "ok",
  reason: null,
  limit: null,
  remaining: { tokens: 999_999_999_999, cost_usd: 999_999.123456 },
  retry_after: null,
};
