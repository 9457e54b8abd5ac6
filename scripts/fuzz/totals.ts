/** Compares every tenant's ledger with its usage at the end of a run. */
import { BudgetClient } from "../../src/client/index.ts";
import { USAGE_PARTS } from "../../src/core/index.ts";
import type { AuditResponse, LedgerEntry, UsageResponse } from "../../src/wire/index.ts";
import { readLedger } from "../read-ledger.ts";
import type { Secrets } from "./callers.ts";

const COUNTS = USAGE_PARTS.filter(({ unit }) => unit !== "USD").map(({ field }) => field);
const TRIES = 10;

export interface TotalsResult {
  readonly entries: number;
  /** A line for each total that differs, with its tenant. */
  readonly differences: readonly string[];
}

/** Adds up each tenant's ledger, compares the sums with its totals, and has the service audit itself. */
export async function checkTotals(url: string, tenants: readonly string[], secrets: Secrets): Promise<TotalsResult> {
  let entries = 0;
  const differences: string[] = [];
  for (const tenant of tenants) {
    const read = await readTenant(url, tenant, secrets);
    entries += read.ledger.length;
    differences.push(...compare(read.ledger, read.usage).map((line) => `${tenant}: ${line}`));
    if (!read.audit.ok) differences.push(`${tenant}: the audit finds ${JSON.stringify(read.audit.differences)}`);
  }
  return { entries, differences };
}

/** Reads usage and ledger of one moment: a reservation that expires meanwhile is charged, so this tries again. */
async function readTenant(url: string, tenant: string, { adminToken: token }: Secrets) {
  const client = new BudgetClient({ url, tenant, token });
  const readUsage = () => client.call<UsageResponse>("GET", "/tenant/usage");
  for (let tried = 1; ; tried++) {
    const usage = await readUsage();
    const ledger = await readLedger(client);
    const after = await readUsage();
    if (COUNTS.some((name) => usage[name] !== after[name]) && tried < TRIES) continue;
    return { usage, ledger, audit: await client.call<AuditResponse>("POST", "/audit") };
  }
}

/** An entry with a bucket counts in that one only; any other counts in the tenant's too, minus its exceptions. */
function compare(ledger: readonly LedgerEntry[], usage: UsageResponse): string[] {
  const tenants = ledger.flatMap((entry) => {
    if (entry.bucket) return entry.bucket.scope === "tenant" ? [entry] : [];
    return [entry.exceptions?.find(({ scope }) => scope === "tenant") ?? entry];
  });
  const sums = COUNTS.map((name) => [name, tenants.reduce((sum, entry) => sum + (entry[name] ?? 0), 0)] as const);
  const nano = tenants.reduce((sum, { cost_usd = 0 }) => sum + BigInt(Math.round(cost_usd * 1e9)), 0n);
  const reported = BigInt(Math.round(usage.cost_usd * 1e9));
  return [
    ...sums.flatMap(([name, sum]) =>
      sum === usage[name] ? [] : [`${name}: ${sum} in the ledger, ${usage[name]} reported`],
    ),
    ...(nano === reported ? [] : [`cost_usd: ${nano} nano-USD in the ledger, ${reported} reported`]),
  ];
}
