/** Charging a bucket: its total, and the counters of its windows. */
import type { Bucket, BucketKey } from "./bucket.ts";
import { countersAfter, type Place, placesIn } from "./counter.ts";
import { type BucketView, windowsOf } from "./overrides.ts";
import type { Policy } from "./policy.ts";
import type { Counted } from "./reservation.ts";
import { type Amounts, mapUsage, NO_USAGE, subtractUsage, totalAfter, type Usage } from "./usage.ts";

/** What a charge added to one bucket. Parts are negative if it corrected an earlier charge. */
export interface Charge {
  readonly key: BucketKey;
  readonly delta: Usage;
  /** True if the bucket's total is at its ceiling and took less than what was spent. */
  readonly isCut: boolean;
}

/** What to charge to one bucket. */
export interface ChargeRequest {
  /** Parts are negative if they correct an earlier charge. */
  readonly delta: Usage;
  /** Where the bucket's windows counted the charge to correct; absent: anywhere, the newest slots first. */
  readonly places?: Readonly<Record<string, Place>>;
}

export type ChargedView = BucketView & { readonly bucket: Bucket };

/** Charges a bucket, which is then to be saved. */
export function chargeBucket(
  policy: Policy,
  view: ChargedView,
  { delta, places }: ChargeRequest,
  nowMs: number,
  nextGeneration: () => number,
): Charge {
  const { key, bucket } = view;
  const total = totalAfter(bucket.usage, delta);
  const added = subtractUsage(total, bucket.usage);
  const charge = {
    debit: mapUsage(delta, NO_USAGE, Math.max),
    // Windows give back no more than the total does.
    credit: mapUsage(NO_USAGE, added, (zero, part) => Math.max(zero, -part)),
    places,
  };
  const windows = windowsOf(policy, view, nowMs);
  bucket.usage = total;
  bucket.counters = countersAfter(bucket.counters, windows, charge, nowMs, policy.calendar, nextGeneration);
  return { key, delta: added, isCut: isLess(added, delta) };
}

/** Where the bucket counted its newest charge. */
export function countedIn({ key, bucket }: ChargedView): Counted {
  return { scope: key.scope, generation: bucket.generation, places: placesIn(bucket.counters) };
}

function isLess(added: Amounts, spent: Amounts): boolean {
  return (
    added.inputTokens < spent.inputTokens ||
    added.outputTokens < spent.outputTokens ||
    added.costNanoUsd < spent.costNanoUsd ||
    added.calls < spent.calls
  );
}
