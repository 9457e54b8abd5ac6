import type { Tenant } from "./tenant.ts";

const HOUR_MS = 3_600_000;
/** How many rows of each table one turn of the clean-up drops. */
const MAX_DROPPED = 500;

/** What has to be done at its time though nobody calls: holds end, and what is kept for a time is dropped after it. */
export class Upkeep {
  readonly #tenant: Tenant;
  /** Whether the last clean-up left something that no time of keeping tells of. */
  #hasMore = false;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  /** When there is something to do, in epoch milliseconds; infinity where there will be nothing. */
  nextMs(nowMs: number): number {
    if (this.#tenant.erasure.isPending) return nowMs;
    // All else goes by the configuration; a valid one is followed by a commit, which asks again.
    if (!this.#tenant.config.isValid) return Number.POSITIVE_INFINITY;
    const { engine, expiries, policy } = this.#tenant;
    if (expiries.hasDue || engine.isOverBound(policy)) return nowMs;
    return Math.min(
      this.#nextCleanupMs(nowMs),
      this.#tenant.openReservations.nextExpiryMs() ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Does what is due, a bounded amount of it; true if there is more to do at once. */
  run(nowMs: number): boolean {
    if (!this.#tenant.erasure.advance(nowMs)) return true;
    if (!this.#tenant.config.isValid) return false;
    const { engine, expiries, policy } = this.#tenant;
    if (!expiries.pass(nowMs)) return true;
    engine.evictBeyondBound(policy, nowMs);
    if (engine.isOverBound(policy)) return true;
    if (this.#nextCleanupMs(nowMs) <= nowMs) this.#cleanUp(nowMs);
    return false;
  }

  discard(): void {
    this.#hasMore = false;
  }

  /** Drops what was kept for its time. */
  #cleanUp(nowMs: number): void {
    const { reservations, ledger, replays, sums, policy } = this.#tenant;
    const cutoffMs = nowMs - policy.ledgerRetentionMs;
    replays.deleteOver(nowMs, MAX_DROPPED);
    const hasMoreEntries = sums.carryUpTo(cutoffMs, MAX_DROPPED / 10);
    // A reservation is kept for as long as the ledger keeps the entry of its settlement.
    const dropped = reservations.deleteSettledBy(Math.min(cutoffMs, ledger.oldestAtMs() - 1), MAX_DROPPED);
    this.#hasMore = hasMoreEntries || dropped === MAX_DROPPED;
  }

  /** Once an hour at the most, so that one clean-up serves much; whatever memory knows, it is the same hour. */
  #nextCleanupMs(nowMs: number): number {
    if (this.#hasMore) return nowMs;
    const { ledger, replays, policy } = this.#tenant;
    const due = [ledger.keptUntilMs(policy.ledgerRetentionMs), replays.keptUntilMs()];
    const dueMs = Math.min(...due.map((each) => each ?? Number.POSITIVE_INFINITY));
    return Math.ceil(dueMs / HOUR_MS) * HOUR_MS;
  }
}
