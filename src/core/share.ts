/** The share of a limit that the open reservations of one bound caller can take up. */
import type { BucketKey } from "./bucket.ts";
import type { Metric } from "./metrics.ts";
import type { Pending } from "./pending.ts";
import { measurePending, type Reading } from "./reading.ts";

/** A caller whose reservations can take up only a share of what others leave. */
export interface ReservationOwner {
  readonly id: string;
  /** The share of what others leave, above 0 and up to 1. */
  readonly share: number;
  /** True for a bucket that nobody else spends from. */
  readonly isOwn: (key: BucketKey) => boolean;
}

/** The metrics of which an owner can always take one, however small its share. */
const COUNTED: readonly Metric[] = ["calls", "concurrent_calls"];

/** The readings for one owner: the maximum of a shared limit becomes what others use, plus the owner's share of the rest. */
export function readingsFor(
  { share, isOwn }: ReservationOwner,
  pendingOfOwner: Pending,
  readings: readonly Reading[],
): Reading[] {
  return readings.map((reading) => {
    const { limit, used, pending, key } = reading;
    if (isOwn(key) || limit.metric === "wall_clock") return reading;
    const others = used + Math.max(0, pending - measurePending(pendingOfOwner, limit.metric));
    const left = Math.max(0, limit.max - others);
    const most = Math.max(Math.floor(left * share), COUNTED.includes(limit.metric) ? Math.min(1, left) : 0);
    return { ...reading, limit: { ...limit, max: Math.min(limit.max, others + most) } };
  });
}

/** The first limit that has less left than is asked for. */
export function limitBeyond(readings: readonly Reading[], asked: Pending): string | undefined {
  const isBeyond = ({ limit, used, pending, shadow }: Reading) => {
    const more = measurePending(asked, limit.metric);
    return !shadow && more > 0 && used + pending + more > limit.max;
  };
  return readings.find(isBeyond)?.limit.name;
}
