/** Money: integer nano-USD inside, decimal USD on the wire. */

export const NANO_PER_USD = 1_000_000_000;

/**
 * Converts decimal USD to the nearest integer nano-USD.
 *
 * Converts dollars and their fraction separately, since the product of both would be inexact above 2^52 nano-USD.
 */
export function nanoFromUsd(usd: number): number {
  const dollars = Math.trunc(usd);
  const fraction = (usd - dollars) * NANO_PER_USD;
  // Rounds halves away from zero, so that a credit takes back what the same debit added.
  return dollars * NANO_PER_USD + Math.sign(fraction) * Math.round(Math.abs(fraction));
}

/** Converts integer nano-USD to decimal USD. Distinct amounts below 2^23 USD stay distinct. */
export function usdFromNano(nanoUsd: number): number {
  return nanoUsd / NANO_PER_USD;
}
