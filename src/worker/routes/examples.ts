/** Examples that several routes share. */
import { USAGE_PARTS } from "../../core/index.ts";

export const NO_TOTALS = {
  ...Object.fromEntries(USAGE_PARTS.map(({ field }) => [field, 0])),
  tokens_total: 0,
};
export const TOTALS = { ...NO_TOTALS, tokens_in: 700, tokens_out: 120, tokens_total: 820, cost_usd: 0.31, calls: 1 };
export const NO_AMOUNTS = { tokens: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 };
