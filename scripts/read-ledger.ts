/** Reads all entries of a tenant, a page at a time. */
import type { BudgetClient } from "../src/client/index.ts";
import type { LedgerEntry, Page } from "../src/wire/index.ts";

export async function readLedger(tenant: BudgetClient): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: Page<LedgerEntry> = await tenant.call("GET", `/ledger?after=${after}&limit=1000`);
    entries.push(...page.items);
    after = page.next;
  }
  return entries;
}
