/** The audit: checks that the ledger adds up to the totals. */
import { type Bucket, type BucketKey, NO_USAGE, nameOf, totalsOf, type Usage } from "../../core/index.ts";
import type { Operation } from "../../operations/index.ts";
import type { AuditDifference, AuditResponse } from "../../wire/index.ts";
import type { SqlBuckets } from "../store/sql-buckets.ts";
import { isSameUsage, usageFromList } from "../store/usage-list.ts";
import type { Tenant } from "../tenant.ts";

/** How many buckets one pass over the ledger compares, which bounds memory. */
const BUCKETS_PER_PASS = 50_000;
const PAGE = 1000;
const MAX_DIFFERENCES = 100;

/**
 * Adds up the ledger, checks the corrections of late commits, and compares the sums with every bucket's stored totals.
 * Reads all entries and buckets once for each 50,000 buckets, during which the object does nothing else.
 */
export function audit({ engine, buckets, sums: ledger }: Tenant, _: Operation<"audit">, nowMs: number): AuditResponse {
  const tenant = engine.tenant(nowMs);
  const counts = [...buckets.scopes()].map((scope) => buckets.count(scope));
  const passes = Math.max(1, Math.ceil(counts.reduce((sum, count) => sum + count, 0) / BUCKETS_PER_PASS));
  const differences: AuditDifference[] = [];
  let [compared, entries] = [0, 0];
  for (let pass = 0; pass < passes; pass += 1) {
    const isWanted = (key: BucketKey) => passOf(key, passes) === pass;
    const added = ledger.sums(isWanted);
    entries = added.entries;
    for (const { key, entry, expected, recorded } of added.wrong) {
      if (differences.length >= MAX_DIFFERENCES) break;
      differences.push({ ...nameOf(key), entry, ledger: totalsOf(expected), stored: totalsOf(recorded) });
    }
    const compare = (key: BucketKey, stored: Usage) => {
      const sum = added.sums.get(`${key.scope} ${key.subject}`);
      const usage = sum ? usageFromList(sum.usage) : NO_USAGE;
      if (isSameUsage(usage, stored) || differences.length >= MAX_DIFFERENCES) return;
      differences.push({ ...nameOf(key), ledger: totalsOf(usage), stored: totalsOf(stored) });
    };
    for (const bucket of everyBucket(tenant, buckets)) {
      if (!isWanted(bucket)) continue;
      compared += 1;
      compare(bucket, bucket.usage);
      added.sums.delete(`${bucket.scope} ${bucket.subject}`);
    }
    // The remaining sums are of deleted buckets, so they must be zero.
    for (const { key } of added.sums.values()) compare(key, NO_USAGE);
  }
  return { ok: differences.length === 0, entries, buckets: compared, differences, totals: totalsOf(tenant.usage) };
}

function* everyBucket(tenant: Bucket, buckets: SqlBuckets): Generator<Bucket> {
  yield tenant;
  for (let page = buckets.page({ scope: "", subject: "" }, PAGE); ; ) {
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    page = buckets.page(last, PAGE);
  }
}

/** Spreads keys evenly over passes (FNV-1a). */
function passOf({ scope, subject }: BucketKey, passes: number): number {
  if (passes === 1) return 0;
  let hash = 0x811c9dc5;
  for (const character of `${scope} ${subject}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0) % passes;
}
