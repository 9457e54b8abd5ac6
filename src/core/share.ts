import type { BucketKey } from "./bucket.ts";
import { measurePending, type Reading } from "./decision.ts";
import type { Metric } from "./metrics.ts";
import type { Pending } from "./pending.ts";

/** Who makes reservations and may keep only a share of what is left for all. */
export interface ReservationOwner {
  /** Tells it from others. */
  readonly id: string;
  /** The share of what others leave, above 0 and up to 1. */
  readonly share: number;
  /** True for a bucket that nobody else spends from. */
  readonly isOwn: (key: BucketKey) => boolean;
}

/** Of these, one is no share that others could complain of. */
const COUNTED: readonly Metric[] = ["calls", "concurrent_calls"];

/**
 * How limits stand for one owner: each that it shares with others ends at the holder's share of what those leave of it,
 * with all that the owner keeps already.
 */
export function readingsFor(
  { share, isOwn }: ReservationOwner,
  kept: Pending,
  readings: readonly Reading[],
): Reading[] {
  return readings.map((reading) => {
    const { limit, used, pending, key } = reading;
    if (isOwn(key) || limit.metric === "wall_clock") return reading;
    const others = used + Math.max(0, pending - measurePending(kept, limit.metric));
    const left = Math.max(0, limit.max - others);
    const most = Math.max(Math.floor(left * share), COUNTED.includes(limit.metric) ? Math.min(1, left) : 0);
    return { ...reading, limit: { ...limit, max: Math.min(limit.max, others + most) } };
  });
}

/** The first limit that does not hold what is asked of it. */
export function limitBeyond(readings: readonly Reading[], asked: Pending): string | undefined {
  const isBeyond = ({ limit, used, pending, shadow }: Reading) => {
    const more = measurePending(asked, limit.metric);
    return !shadow && more > 0 && used + pending + more > limit.max;
  };
  return readings.find(isBeyond)?.limit.name;
}
