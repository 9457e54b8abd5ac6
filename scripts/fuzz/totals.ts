import type { AuditResponse, LedgerEntry, UsageResponse } from "../../src/wire/index.ts";
import type { Secrets } from "./callers.ts";

const COUNTS = [
  "tokens_in",
  "tokens_out",
  "calls",
  "cache_read_input_tokens",
  "cache_write_input_tokens",
  "reasoning_output_tokens",
] as const;
const TRIES = 10;

export interface TotalsResult {
  readonly entries: number;
  /** A line for each tenant, and what of it differs; empty where all adds up. */
  readonly differences: readonly string[];
}

/** Adds up each tenant's exported ledger, compares that with its totals, and has the service audit itself. */
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

/** The usage and the ledger of one moment: a hold that comes to its end meanwhile is charged, so this tries again. */
async function readTenant(url: string, tenant: string, { adminToken }: Secrets) {
  const call = async (method: string, path: string): Promise<string> => {
    const init = { method, headers: { authorization: `Bearer ${adminToken}` } };
    const answer = await fetch(`${url}/v1/tenants/${encodeURIComponent(tenant)}${path}`, init);
    if (!answer.ok) throw new Error(`${method} ${path} of ${tenant} answered ${answer.status}`);
    return answer.text();
  };
  const readUsage = async () => JSON.parse(await call("GET", "/tenant/usage")) as UsageResponse;
  for (let tried = 1; ; tried++) {
    const usage = await readUsage();
    const lines = (await call("GET", "/ledger/export")).split("\n").filter(Boolean);
    const after = await readUsage();
    if (COUNTS.some((name) => usage[name] !== after[name]) && tried < TRIES) continue;
    const ledger = lines.map((line) => JSON.parse(line) as LedgerEntry);
    return { usage, ledger, audit: JSON.parse(await call("POST", "/audit")) as AuditResponse };
  }
}

/** An entry with a bucket is of that alone; any other is the tenant's too, but for what it excepts. */
function compare(ledger: readonly LedgerEntry[], usage: UsageResponse): string[] {
  const tenants = ledger.flatMap((entry) => {
    if (entry.bucket) return entry.bucket.scope === "tenant" ? [entry] : [];
    return [entry.exceptions?.find(({ scope }) => scope === "tenant") ?? entry];
  });
  const sums = COUNTS.map((name) => [name, tenants.reduce((sum, entry) => sum + (entry[name] ?? 0), 0)] as const);
  const nano = tenants.reduce((sum, { cost_usd = 0 }) => sum + BigInt(Math.round(cost_usd * 1e9)), 0n);
  const told = BigInt(Math.round(usage.cost_usd * 1e9));
  return [
    ...sums.flatMap(([name, sum]) =>
      sum === usage[name] ? [] : [`${name}: ${sum} by the ledger, ${usage[name]} told`],
    ),
    ...(nano === told ? [] : [`cost_usd: ${nano} nano-USD by the ledger, ${told} told`]),
  ];
}
