/** Work that is due at a time, even if no call arrives, and the object's one alarm for it. */
import { nextTurn } from "./group-commit.ts";
import type { OperationRunner } from "./operation-runner.ts";
import type { Tenant } from "./tenant.ts";

const HOUR_MS = 3_600_000;
/** How many rows of each table one clean-up deletes. */
const MAX_DELETED = 500;
/** How many commits one alarm makes before it leaves the rest to the next. */
const MAX_COMMITS = 256;
/** How long an alarm that fired early waits for the next one. */
const MIN_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

/** Records expiries, continues erasures, evicts buckets beyond the bound, and deletes rows past their retention. */
export class Upkeep {
  readonly #tenant: Tenant;
  readonly #storage: DurableObjectStorage;
  /** True if the last clean-up left rows that `#nextCleanupMs` does not account for. */
  #hasMore = false;
  /** When the alarm will fire; infinity if that is not known. */
  #alarmMs = Number.POSITIVE_INFINITY;

  constructor(tenant: Tenant, storage: DurableObjectStorage) {
    this.#tenant = tenant;
    this.#storage = storage;
  }

  /** Sets the alarm to the next time at which work is due. */
  schedule(nowMs: number): void {
    const nextMs = this.#nextMs(nowMs);
    // Setting an alarm to an earlier time delays the commit, so an alarm that is early enough is kept.
    if (nextMs < this.#alarmMs) this.#setAlarm(nextMs);
  }

  /** Handles the alarm: does the work that is due, in commits that other calls can join. */
  async onAlarm(runner: OperationRunner, nowMs: number, scheduledMs = nowMs): Promise<void> {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    for (let commit = 0, hasMore = true; hasMore && commit < MAX_COMMITS; commit += 1) {
      if (commit > 0) await nextTurn();
      hasMore = await runner.run(() => this.#run(nowMs));
    }
    // If this clock is behind the platform's, the alarm fires early, and set to the same time it would fire at once.
    const earlyMs = scheduledMs - nowMs;
    if (earlyMs > 0) this.#setAlarm(Date.now() + Math.min(Math.max(earlyMs, MIN_WAIT_MS), MAX_WAIT_MS));
  }

  discard(): void {
    this.#hasMore = false;
    this.#alarmMs = Number.POSITIVE_INFINITY;
  }

  #setAlarm(atMs: number): void {
    this.#alarmMs = atMs;
    void this.#storage.setAlarm(atMs);
  }

  /** When work is due next, in epoch milliseconds; infinity if never. */
  #nextMs(nowMs: number): number {
    if (this.#tenant.erasure.isPending) return nowMs;
    // All other work needs a valid configuration. The commit that stores one calls this again.
    if (!this.#tenant.config.isValid) return Number.POSITIVE_INFINITY;
    const { engine, expiries, policy } = this.#tenant;
    if (expiries.hasDue || engine.isOverBound(policy)) return nowMs;
    return Math.min(
      this.#nextCleanupMs(nowMs),
      this.#tenant.openReservations.nextExpiryMs() ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Does a bounded amount of due work; returns true if more is due now. */
  #run(nowMs: number): boolean {
    if (!this.#tenant.erasure.advance(nowMs)) return true;
    if (!this.#tenant.config.isValid) return false;
    const { engine, expiries, policy } = this.#tenant;
    if (!expiries.recordDue(nowMs)) return true;
    engine.evictBeyondBound(policy, nowMs);
    if (engine.isOverBound(policy)) return true;
    if (this.#nextCleanupMs(nowMs) <= nowMs) this.#cleanUp(nowMs);
    return false;
  }

  /** Deletes rows past their retention. */
  #cleanUp(nowMs: number): void {
    const { reservations, ledger, replays, sums, policy } = this.#tenant;
    const cutoffMs = nowMs - policy.ledgerRetentionMs;
    replays.deleteExpired(nowMs, MAX_DELETED);
    const hasMoreEntries = sums.compact(cutoffMs, MAX_DELETED / 10);
    // A reservation is kept for as long as the ledger keeps the entry of its settlement.
    const deleted = reservations.deleteSettledBy(Math.min(cutoffMs, ledger.oldestAtMs() - 1), MAX_DELETED);
    this.#hasMore = hasMoreEntries || deleted === MAX_DELETED;
  }

  /** Rounded up to the hour, so that one clean-up deletes many rows and a restart does not change its time. */
  #nextCleanupMs(nowMs: number): number {
    if (this.#hasMore) return nowMs;
    const { ledger, replays, policy } = this.#tenant;
    const due = [ledger.nextExpiryMs(policy.ledgerRetentionMs), replays.nextExpiryMs()];
    const dueMs = Math.min(...due.map((each) => each ?? Number.POSITIVE_INFINITY));
    return Math.ceil(dueMs / HOUR_MS) * HOUR_MS;
  }
}
