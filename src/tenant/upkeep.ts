import { encodeTime } from "ulid";
import { expireHolds } from "./reserving.ts";
import type { TenantStores } from "./tenant-stores.ts";

const HOUR_MS = 3_600_000;
/** How many rows of each table one turn of the clean-up drops. */
const MAX_DROPPED = 500;
const ULID_TIME_LENGTH = 10;

/** What has to be done at its time though nobody calls: holds end, and what is kept for a time is dropped after it. */
export class Upkeep {
  readonly #tenant: TenantStores;
  /** When to clean up next; undefined before it was found out. */
  #cleanupMs: number | undefined;

  constructor(tenant: TenantStores) {
    this.#tenant = tenant;
  }

  /** When there is something to do, in epoch milliseconds. */
  nextMs(nowMs: number): number {
    this.#cleanupMs ??= this.#findCleanup(nowMs);
    return Math.min(this.#cleanupMs, this.#tenant.live.nextExpiryMs() ?? Number.POSITIVE_INFINITY);
  }

  /** Does what is due, a bounded amount of it; what is left is due at once. */
  run(nowMs: number): void {
    this.#tenant.holds.load();
    expireHolds(this.#tenant, nowMs);
    if (nowMs < this.nextMs(nowMs)) return;
    this.#cleanupMs = this.#cleanUp(nowMs) ? nowMs : undefined;
  }

  forget(): void {
    this.#cleanupMs = undefined;
  }

  /** Drops what was kept for its time; true where more is left. */
  #cleanUp(nowMs: number): boolean {
    const { holds, replays, sums, policy } = this.#tenant;
    const cutoffMs = nowMs - policy.ledgerRetentionMs;
    const hasMore = [
      replays.deleteOver(nowMs, MAX_DROPPED) > 0,
      sums.carryBefore(cutoffMs, MAX_DROPPED / 10),
      holds.deleteBefore(encodeTime(Math.max(0, cutoffMs), ULID_TIME_LENGTH), MAX_DROPPED) > 0,
    ];
    return hasMore.includes(true);
  }

  /** At the earliest in an hour, so that one clean-up serves much; by then there is something to look at again. */
  #findCleanup(nowMs: number): number {
    const { ledger, replays, policy } = this.#tenant;
    const due = [ledger.keptUntilMs(policy.ledgerRetentionMs), replays.keptUntilMs()].filter((each) => each !== null);
    return Math.max(nowMs + HOUR_MS, Math.min(nowMs + 12 * HOUR_MS, ...due));
  }
}
