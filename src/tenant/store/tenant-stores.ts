/** Everything stored for a tenant. */
import { OpenReservations, type Policy, type Rules, RulesEngine } from "../../core/index.ts";
import type { ExportedRow, Page } from "../../wire/index.ts";
import { ConfigStore } from "./config-store.ts";
import { dump, empty } from "./dump.ts";
import { LedgerStore } from "./ledger-store.ts";
import { LedgerSums } from "./ledger-sums.ts";
import { OverridesStore } from "./overrides-store.ts";
import { ReplayStore } from "./replay-store.ts";
import { ReservationStore } from "./reservation-store.ts";
import { Revocations } from "./revocations.ts";
import { SqlBuckets } from "./sql-buckets.ts";
import { TenantRow } from "./tenant-row.ts";

/**
 * The stores of a tenant, each with its own tables and its part of memory, and the rules engine that uses them. Changes
 * stay in memory until `flush` writes them. `discard` drops them, and stores read from their tables again.
 */
export class TenantStores {
  readonly config: ConfigStore;
  readonly overrides: OverridesStore;
  readonly ledger: LedgerStore;
  readonly sums: LedgerSums;
  readonly buckets: SqlBuckets;
  readonly openReservations = new OpenReservations();
  readonly reservations: ReservationStore;
  readonly replays: ReplayStore;
  readonly revocations: Revocations;
  readonly engine: RulesEngine;
  readonly #row: TenantRow;
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage, rules: Rules) {
    this.#sql = sql;
    this.#row = new TenantRow(sql);
    this.config = new ConfigStore(sql);
    this.overrides = new OverridesStore(sql);
    this.ledger = new LedgerStore(sql);
    this.sums = new LedgerSums(sql, this.ledger);
    this.buckets = new SqlBuckets(sql, this.#row, this.ledger, this.overrides);
    this.reservations = new ReservationStore(sql, this.#row, this.openReservations);
    this.replays = new ReplayStore(sql);
    this.revocations = new Revocations(sql);
    this.engine = new RulesEngine(this.buckets, this.openReservations, rules);
  }

  get policy(): Policy {
    return this.config.policy;
  }

  /** Writes all changes. The tenant's row is last, because the other stores change it. */
  flush(): void {
    this.reservations.flush();
    this.buckets.flush();
    this.ledger.flush();
    this.replays.flush();
    this.#row.flush();
  }

  /** A page of all stored rows. */
  dump(after: string): Page<ExportedRow, string> {
    this.flush();
    return dump(this.#sql, after);
  }

  /** Deletes everything except revoked tokens. */
  empty(): void {
    this.discard();
    empty(this.#sql);
  }

  discard(): void {
    const { config, overrides, ledger, buckets, reservations, replays, revocations } = this;
    const stores = [config, overrides, ledger, buckets, reservations, replays, revocations, this.#row];
    for (const store of stores) store.discard();
    this.engine.discard();
  }
}
