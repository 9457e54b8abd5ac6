/** Compares the sums of a ledger with the usage of its buckets. */
import type { BudgetClient } from "../../src/client/index.ts";
import type { LedgerEntry, UsageResponse } from "../../src/wire/index.ts";

const METRICS = ["tokens_in", "tokens_out", "cost_usd", "calls"] as const;
type Totals = Record<(typeof METRICS)[number], number>;

/** Adds up the ledger and compares the sums with the totals of its buckets: a line for each that differs. */
export async function totalsThatDiffer(tenant: BudgetClient, ledger: readonly LedgerEntry[]): Promise<string[]> {
  const differences: string[] = [];
  for (const [path, sum] of sumsByPath(ledger)) {
    const usage = await tenant.call<UsageResponse>("GET", `${path}/usage`);
    for (const metric of METRICS) {
      if (usage[metric] === sum[metric]) continue;
      differences.push(`totals: ${path} ${metric}: ${sum[metric]} in the ledger, ${usage[metric]} reported`);
    }
  }
  return differences;
}

/** The sums of the entries, by the path of each bucket. */
function sumsByPath(ledger: readonly LedgerEntry[]): Map<string, Totals> {
  const nano = new Map<string, Totals>();
  for (const entry of ledger) {
    if (entry.tokens_in === undefined) continue;
    for (const scope of ["tenant", "user", ...(entry.scopes ?? [])]) {
      const amounts: Partial<Totals> = entry.exceptions?.find((each) => each.scope === scope) ?? entry;
      const path = pathOf(scope, entry);
      const sum = nano.get(path) ?? { tokens_in: 0, tokens_out: 0, cost_usd: 0, calls: 0 };
      for (const metric of METRICS) {
        const amount = amounts[metric] ?? 0;
        sum[metric] += metric === "cost_usd" ? Math.round(amount * 1e9) : amount;
      }
      nano.set(path, sum);
    }
  }
  return new Map([...nano].map(([path, sum]) => [path, { ...sum, cost_usd: sum.cost_usd / 1e9 }]));
}

function pathOf(scope: string, { user_id, labels, overflow }: LedgerEntry): string {
  if (scope === "tenant") return "/tenant";
  if (overflow?.includes(scope)) return `/overflow/${scope}`;
  if (scope === "user") return `/users/${encodeURIComponent(user_id ?? "")}`;
  return `/buckets/${scope}/${encodeURIComponent(labels?.[scope] ?? "")}`;
}
