import type { Bucket, EvictionCause } from "../core/index.ts";

/** The record of what happened, in order, never changed. */
export class LedgerStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Tells that a bucket was forgotten, and the totals that went with it. */
  eviction({ scope, subject, usage, startedAtMs, touchedAtMs }: Bucket, cause: EvictionCause, nowMs: number): void {
    this.#append("eviction", { scope, subject, cause, usage, startedAtMs, touchedAtMs }, nowMs);
  }

  #append(kind: string, body: object, nowMs: number): void {
    this.#sql.exec("INSERT INTO ledger (at, kind, body) VALUES (?, ?, ?)", nowMs, kind, JSON.stringify(body));
  }
}
