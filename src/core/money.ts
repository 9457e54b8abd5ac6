/** One US dollar in the unit that every sum is kept in: integer nano-USD. */
export const NANO_PER_USD = 1_000_000_000;

/**
 * Converts decimal USD, as on the wire, to the nearest integer nano-USD.
 *
 * Dollars and their fraction are taken apart first: both parts are exact, which the product as a whole is not
 * beyond 2^52 nano-USD.
 */
export function nanoFromUsd(usd: number): number {
  const dollars = Math.trunc(usd);
  const fraction = (usd - dollars) * NANO_PER_USD;
  // Halves go away from zero, so that a credit takes back what the same debit added.
  return dollars * NANO_PER_USD + Math.sign(fraction) * Math.round(Math.abs(fraction));
}

/** Converts integer nano-USD to decimal USD, as on the wire. Distinct amounts stay so below 2^23 USD. */
export function usdFromNano(nanoUsd: number): number {
  return nanoUsd / NANO_PER_USD;
}
