/** Checks the corrections of late commits, for the audit. */
import { type BucketKey, mapUsage, NO_USAGE, subtractUsage, totalAfter, type Usage } from "../../core/index.ts";
import { additionsOf, type StoredEntry } from "./ledger-entry.ts";
import { isSameUsage, type UsageList, usageFromList } from "./usage-list.ts";

/** A late commit that changed a bucket by another amount than the one that corrects its reservation's charge. */
export interface WrongCorrection {
  readonly key: BucketKey;
  /** The commit's entry. */
  readonly entry: number;
  readonly expected: Usage;
  readonly recorded: Usage;
}

/** What a reservation's expiry charged to a bucket. */
interface ExpiryCharge {
  /** The entry of the expiry. */
  readonly entry: number;
  readonly usage: Usage;
}

/** How many charges are kept at once, which bounds memory. Corrections of any others are not checked. */
const MAX_CHARGES = 100_000;

/**
 * Checks entries in order: a late commit must subtract what the reservation's expiry charged to a bucket, or nothing if
 * that bucket was evicted, reset or erased since. Sums alone cannot show a wrong correction, because ledger and bucket
 * have the same wrong amount.
 */
export class CorrectionCheck {
  /** By bucket and reservation. */
  readonly #charges = new Map<string, ExpiryCharge>();
  /** By bucket: the last entry that set its totals to zero. */
  readonly #zeroedBy = new Map<string, number>();

  /**
   * Reads the next entry.
   *
   * @param sumBefore the sum of a bucket's earlier entries
   */
  *read(
    entry: StoredEntry,
    id: number,
    isWanted: (key: BucketKey) => boolean,
    sumBefore: (key: BucketKey) => UsageList | undefined,
  ): Generator<WrongCorrection> {
    const { kind, reservation, reported } = entry;
    if (kind === "eviction" || kind === "reset" || kind === "erasure") {
      for (const { key } of additionsOf(entry)) if (isWanted(key)) this.#zeroedBy.set(nameOfBucket(key), id);
    }
    if (reservation === undefined || (kind !== "expiry" && kind !== "commit")) return;
    for (const { key, usage } of additionsOf(entry)) {
      if (!isWanted(key)) continue;
      const name = `${reservation} ${nameOfBucket(key)}`;
      if (kind === "expiry") {
        const charge = { entry: id, usage: usageFromList(reported ?? usage) };
        if (this.#charges.size < MAX_CHARGES) this.#charges.set(name, charge);
        continue;
      }
      const charge = this.#charges.get(name);
      if (!charge || !reported) continue;
      const used = usageFromList(reported);
      const charged = charge.entry > (this.#zeroedBy.get(nameOfBucket(key)) ?? 0) ? charge.usage : NO_USAGE;
      const { final = true } = entry;
      const change = mapUsage(used, charged, (part, was) => (final ? part - was : Math.max(0, part - was)));
      const sum = sumBefore(key);
      const total = sum ? usageFromList(sum) : NO_USAGE;
      const expected = subtractUsage(totalAfter(total, change), total);
      const recorded = usageFromList(usage);
      if (!isSameUsage(expected, recorded)) yield { key, entry: id, expected, recorded };
      if (final) this.#charges.delete(name);
      else
        this.#charges.set(name, {
          ...charge,
          usage: mapUsage(charged, used, (was, part) => Math.max(0, was - part)),
        });
    }
  }
}

function nameOfBucket({ scope, subject }: BucketKey): string {
  return `${scope} ${subject}`;
}
