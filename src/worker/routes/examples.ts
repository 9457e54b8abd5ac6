/** Examples that several routes share. */

/** A usage's totals. */
export const TOTALS = {
  tokens_in: 700,
  tokens_out: 120,
  tokens_total: 820,
  cost_usd: 0.31,
  calls: 1,
  cache_read_input_tokens: 0,
  cache_write_input_tokens: 0,
  reasoning_output_tokens: 0,
};
export const NO_TOTALS = Object.fromEntries(Object.keys(TOTALS).map((field) => [field, 0]));
export const NO_AMOUNTS = { tokens: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 };
