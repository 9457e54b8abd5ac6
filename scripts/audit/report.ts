/** Describes for people what an audit found. */
import { USAGE_PARTS } from "../../src/core/index.ts";
import type { AuditResponse } from "../../src/wire/index.ts";

type Totals = AuditResponse["totals"];

export function auditReport(tenant: string, { ok, entries, buckets, differences, totals }: AuditResponse): string {
  const read = `${count(entries, "ledger entry", "ledger entries")} added up, ${count(buckets, "bucket", "buckets")} compared`;
  const found = ok
    ? ["Each bucket's tokens, cost and calls equal the sums of its entries, to the nano-USD."]
    : differences.flatMap(({ scope, id, ledger, stored }) => [
        `${nameOf(scope, id)}:`,
        ...USAGE_PARTS.filter(({ field }) => ledger[field] !== stored[field]).map(
          ({ field }) => `  ${field}: ${ledger[field]} in the ledger, ${stored[field]} stored`,
        ),
      ]);
  return [
    `${tenant}: ${read}`,
    ...found,
    `Totals: ${totalsLine(totals)}`,
    `audit: ${tenant}, ${count(differences.length, "difference", "differences")}`,
  ].join("\n");
}

function totalsLine({ tokens_in, tokens_out, cost_usd, calls }: Totals): string {
  return `${number(tokens_in)} tokens in, ${number(tokens_out)} out, ${cost_usd} USD, ${count(calls, "call", "calls")}`;
}

function nameOf(scope: string, id: unknown): string {
  if (scope === "tenant") return "the tenant";
  return scope === "user" && id === null ? "the anonymous user" : `${scope} ${JSON.stringify(id)}`;
}

function count(n: number, one: string, many: string): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

function number(n: number): string {
  return n.toLocaleString("en");
}
