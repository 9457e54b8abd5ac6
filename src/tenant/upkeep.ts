/** What has to be done at its time though nobody calls, and the object's one alarm for all of it. */
import { nextTurn } from "./group-commit.ts";
import type { OperationRunner } from "./operation-runner.ts";
import type { Tenant } from "./tenant.ts";

const HOUR_MS = 3_600_000;
/** How many rows of each table one turn of the clean-up deletes. */
const MAX_DELETED = 500;
/** How many commits one alarm makes before it leaves the rest to the next. */
const MAX_TURNS = 256;
/** How long an alarm that went off early waits for the next one. */
const MIN_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

/** Expires reservations, erases and evicts what one commit had no room for, and deletes what was kept for a time. */
export class Upkeep {
  readonly #tenant: Tenant;
  readonly #storage: DurableObjectStorage;
  /** True if the last clean-up left rows that `#nextCleanupMs` does not account for. */
  #hasMore = false;
  /** When the alarm will go off, as far as memory knows. */
  #alarmMs = Number.POSITIVE_INFINITY;

  constructor(tenant: Tenant, storage: DurableObjectStorage) {
    this.#tenant = tenant;
    this.#storage = storage;
  }

  /** Sets the alarm to when there is something to do. */
  schedule(nowMs: number): void {
    const nextMs = this.#nextMs(nowMs);
    // Setting an alarm to an earlier time holds up the commit, so one that is early enough is left alone.
    if (nextMs < this.#alarmMs) this.#setAlarm(nextMs);
  }

  /** Does what is due when the alarm goes off, in commits of its own that take in the calls that wait. */
  async ring(runner: OperationRunner, nowMs: number, scheduledMs = nowMs): Promise<void> {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    for (let turn = 0, hasMore = true; hasMore && turn < MAX_TURNS; turn += 1) {
      if (turn > 0) await nextTurn();
      hasMore = await runner.run(() => this.#run(nowMs));
    }
    // By a clock that is behind the platform's, an alarm goes off early; set to the same time, it would do so at once.
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

  /** When there is something to do, in epoch milliseconds; infinity if there will be nothing. */
  #nextMs(nowMs: number): number {
    if (this.#tenant.erasure.isPending) return nowMs;
    // All else depends on the configuration. A valid one is followed by a commit, which asks again.
    if (!this.#tenant.config.isValid) return Number.POSITIVE_INFINITY;
    const { engine, expiries, policy } = this.#tenant;
    if (expiries.hasDue || engine.isOverBound(policy)) return nowMs;
    return Math.min(
      this.#nextCleanupMs(nowMs),
      this.#tenant.openReservations.nextExpiryMs() ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Does a bounded amount of what is due; true if there is more to do at once. */
  #run(nowMs: number): boolean {
    if (!this.#tenant.erasure.advance(nowMs)) return true;
    if (!this.#tenant.config.isValid) return false;
    const { engine, expiries, policy } = this.#tenant;
    if (!expiries.pass(nowMs)) return true;
    engine.evictBeyondBound(policy, nowMs);
    if (engine.isOverBound(policy)) return true;
    if (this.#nextCleanupMs(nowMs) <= nowMs) this.#cleanUp(nowMs);
    return false;
  }

  /** Deletes what has been kept for its time. */
  #cleanUp(nowMs: number): void {
    const { reservations, ledger, replays, sums, policy } = this.#tenant;
    const cutoffMs = nowMs - policy.ledgerRetentionMs;
    replays.deleteOver(nowMs, MAX_DELETED);
    const hasMoreEntries = sums.carryUpTo(cutoffMs, MAX_DELETED / 10);
    // A reservation is kept for as long as the ledger keeps the entry of its settlement.
    const deleted = reservations.deleteSettledBy(Math.min(cutoffMs, ledger.oldestAtMs() - 1), MAX_DELETED);
    this.#hasMore = hasMoreEntries || deleted === MAX_DELETED;
  }

  /** At most once an hour, so that one clean-up serves much; whatever memory knows, it is the same hour. */
  #nextCleanupMs(nowMs: number): number {
    if (this.#hasMore) return nowMs;
    const { ledger, replays, policy } = this.#tenant;
    const due = [ledger.keptUntilMs(policy.ledgerRetentionMs), replays.keptUntilMs()];
    const dueMs = Math.min(...due.map((each) => each ?? Number.POSITIVE_INFINITY));
    return Math.ceil(dueMs / HOUR_MS) * HOUR_MS;
  }
}
