import { type BucketKey, mapUsage, NO_USAGE, subtractUsage, totalAfter, type Usage } from "../../core/index.ts";
import { additionsOf, type StoredEntry } from "./ledger-entry.ts";
import { isSameUsage, type UsageList, usageFromList } from "./usage-list.ts";

/** A late commit that changed a bucket by something else than its reservation's charge makes right. */
export interface WrongCorrection {
  readonly key: BucketKey;
  /** The commit's entry. */
  readonly entry: number;
  readonly expected: Usage;
  readonly recorded: Usage;
}

interface Estimate {
  /** The entry that charged it. */
  readonly entry: number;
  readonly usage: Usage;
}

/** How many charges it keeps in mind at once, so that memory is bounded. Commits that correct others are not checked. */
const MAX_ESTIMATES = 100_000;

/**
 * Checks what late commits took back, entry by entry, in order: as much as the reservation's expiry had charged to the
 * same life of a bucket, and nothing once that was evicted, reset or erased. Sums alone cannot show this, since the
 * ledger has the same wrong amount as the bucket.
 */
export class CorrectionCheck {
  /** By bucket and reservation. */
  readonly #estimates = new Map<string, Estimate>();
  /** By bucket: the entry that ended its last life. */
  readonly #lives = new Map<string, number>();

  /**
   * Reads the next entry.
   *
   * @param before what a bucket's earlier entries add up to
   */
  *read(
    entry: StoredEntry,
    id: number,
    isWanted: (key: BucketKey) => boolean,
    before: (key: BucketKey) => UsageList | undefined,
  ): Generator<WrongCorrection> {
    const { kind, reservation, reported } = entry;
    if (kind === "eviction" || kind === "reset" || kind === "erasure") {
      for (const { key } of additionsOf(entry)) if (isWanted(key)) this.#lives.set(nameOfBucket(key), id);
    }
    if (reservation === undefined || (kind !== "expiry" && kind !== "commit")) return;
    for (const { key, usage } of additionsOf(entry)) {
      if (!isWanted(key)) continue;
      const name = `${reservation} ${nameOfBucket(key)}`;
      if (kind === "expiry") {
        const charge = { entry: id, usage: usageFromList(reported ?? usage) };
        if (this.#estimates.size < MAX_ESTIMATES) this.#estimates.set(name, charge);
        continue;
      }
      const estimate = this.#estimates.get(name);
      if (!estimate || !reported) continue;
      const used = usageFromList(reported);
      const charged = estimate.entry > (this.#lives.get(nameOfBucket(key)) ?? 0) ? estimate.usage : NO_USAGE;
      const { final = true } = entry;
      const change = mapUsage(used, charged, (part, was) => (final ? part - was : Math.max(0, part - was)));
      const sum = before(key);
      const total = sum ? usageFromList(sum) : NO_USAGE;
      const expected = subtractUsage(totalAfter(total, change), total);
      const recorded = usageFromList(usage);
      if (!isSameUsage(expected, recorded)) yield { key, entry: id, expected, recorded };
      if (final) this.#estimates.delete(name);
      else
        this.#estimates.set(name, {
          ...estimate,
          usage: mapUsage(charged, used, (was, part) => Math.max(0, was - part)),
        });
    }
  }
}

function nameOfBucket({ scope, subject }: BucketKey): string {
  return `${scope} ${subject}`;
}
