/** The model's amounts: adding them up, and converting them from and to the wire's. */

/** What was spent: whole tokens and calls, nano-USD. */
export interface Amounts {
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly costNano: number;
  readonly calls: number;
}

/** Amounts that are pending, asked for, or counted by a window, one for each metric. */
export interface Measured {
  readonly tokens: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** In nano-USD. */
  readonly cost_usd: number;
  readonly calls: number;
  readonly concurrent_calls: number;
}

export const NO_AMOUNTS: Amounts = { tokensIn: 0, tokensOut: 0, costNano: 0, calls: 0 };
export const NOTHING: Measured = {
  tokens: 0,
  input_tokens: 0,
  output_tokens: 0,
  cost_usd: 0,
  calls: 0,
  concurrent_calls: 0,
};

/** Combines amounts part by part. */
export function combine<T extends object>(a: T, b: T, part: (a: number, b: number) => number): T {
  const [left, right] = [a as Record<string, number>, b as Record<string, number>];
  return Object.fromEntries(Object.entries(left).map(([key, value]) => [key, part(value, right[key] ?? 0)])) as T;
}

export function sumOf<T extends object>(list: readonly T[], nothing: T): T {
  return list.reduce((sum, each) => combine(sum, each, (x, y) => x + y), nothing);
}

/** Amounts as a request has them, the cost in decimal USD. */
export interface WireAmounts {
  readonly tokens_in?: number | undefined;
  readonly tokens_out?: number | undefined;
  readonly cost_usd?: number | undefined;
  readonly calls?: number | undefined;
}

export function amountsIn({ tokens_in = 0, tokens_out = 0, cost_usd = 0, calls = 0 }: WireAmounts): Amounts {
  return { tokensIn: tokens_in, tokensOut: tokens_out, costNano: Math.round(cost_usd * 1e9), calls };
}

export function totalsAnswer({ tokensIn, tokensOut, costNano, calls }: Amounts) {
  return {
    tokens_in: tokensIn,
    tokens_out: tokensOut,
    tokens_total: tokensIn + tokensOut,
    cost_usd: costNano / 1e9,
    calls,
    cache_read_input_tokens: 0,
    cache_write_input_tokens: 0,
    reasoning_output_tokens: 0,
    unpriced_calls: 0,
    unpriced_tokens: 0,
  };
}

export function amountsAnswer({ tokens, input_tokens, output_tokens, cost_usd }: Measured) {
  return { tokens, input_tokens, output_tokens, cost_usd: cost_usd / 1e9 };
}
