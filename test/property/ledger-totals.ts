/** What a ledger's entries add up to, for each bucket. */
import type { LedgerEntry } from "../../src/wire/index.ts";
import { type Amounts, amountsIn, NO_AMOUNTS, sumOf, type WireAmounts } from "./model-amounts.ts";
import { keyIn, nameOf, OVERFLOW } from "./model-bucket-keys.ts";

/** Returns the sums by the bucket's name as JSON. */
export function ledgerTotals(ledger: readonly LedgerEntry[]): Map<string, Amounts> {
  const totals = new Map<string, Amounts>();
  const add = (name: object, amounts: WireAmounts) => {
    const text = JSON.stringify(name);
    totals.set(text, sumOf([totals.get(text) ?? NO_AMOUNTS, amountsIn(amounts)], NO_AMOUNTS));
  };
  for (const entry of ledger) {
    if (entry.bucket) add(entry.bucket, entry);
    for (const scope of entry.bucket ? [] : ["tenant", "user", ...(entry.scopes ?? [])]) {
      const own = keyIn(scope, { user: entry.user_id ?? null, labels: entry.labels ?? {} });
      const key = entry.overflow?.includes(scope) ? { scope, subject: OVERFLOW } : own;
      if (key) add(nameOf(key), entry.exceptions?.find((each) => each.scope === scope) ?? entry);
    }
  }
  return totals;
}
