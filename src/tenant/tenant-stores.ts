import { Accounts, LiveHolds, type Policy, type Rules } from "../core/index.ts";
import type { ExportedRow, Page } from "../wire/index.ts";
import { ConfigStore } from "./config-store.ts";
import { ControlStore } from "./control-store.ts";
import { dump, empty } from "./dump.ts";
import { ErasureJob } from "./erasure-job.ts";
import { Expiries } from "./expiries.ts";
import { HoldStore } from "./hold-store.ts";
import { LedgerStore } from "./ledger-store.ts";
import { LedgerSums } from "./ledger-sums.ts";
import { ReplayStore } from "./replay-store.ts";
import { Revocations } from "./revocations.ts";
import { SqlBuckets } from "./sql-buckets.ts";
import { TenantRow } from "./tenant-row.ts";

/**
 * All that is kept for a tenant, each part in memory over its own tables, and the rules over them. What operations
 * change is in memory until `flush`, and `forget` takes it back.
 */
export class TenantStores {
  readonly config: ConfigStore;
  readonly controls: ControlStore;
  readonly ledger: LedgerStore;
  readonly sums: LedgerSums;
  readonly buckets: SqlBuckets;
  readonly live = new LiveHolds();
  readonly holds: HoldStore;
  readonly replays: ReplayStore;
  readonly revocations: Revocations;
  readonly accounts: Accounts;
  readonly expiries = new Expiries(this);
  readonly erasure: ErasureJob;
  readonly #row: TenantRow;
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage, rules: Rules) {
    this.#sql = sql;
    this.#row = new TenantRow(sql);
    this.config = new ConfigStore(sql);
    this.controls = new ControlStore(sql);
    this.ledger = new LedgerStore(sql);
    this.sums = new LedgerSums(sql, this.ledger);
    this.buckets = new SqlBuckets(sql, this.#row, this.ledger, this.controls);
    this.holds = new HoldStore(sql, this.#row, this.live);
    this.replays = new ReplayStore(sql);
    this.revocations = new Revocations(sql);
    this.erasure = new ErasureJob(this, sql);
    this.accounts = new Accounts(this.buckets, this.live, rules);
  }

  get policy(): Policy {
    return this.config.policy;
  }

  /** Writes what is in memory alone. The tenant's row goes last, for the others change it. */
  flush(): void {
    this.holds.flush();
    this.buckets.flush();
    this.ledger.flush();
    this.replays.flush();
    this.#row.flush();
    this.expiries.begin();
    this.erasure.beginCommit();
  }

  /** Rows as they are stored, a page after another. */
  dump(after: string): Page<ExportedRow, string> {
    this.flush();
    return dump(this.#sql, after);
  }

  /** Deletes all that is stored, but for the tokens that were revoked. */
  empty(): void {
    this.forget();
    empty(this.#sql);
  }

  /** Drops all that is in memory, which the next operation reads again. */
  forget(): void {
    const { config, controls, ledger, buckets, holds, replays, revocations, erasure } = this;
    const stores = [config, controls, ledger, buckets, holds, replays, revocations, erasure, this.#row];
    for (const store of stores) store.forget();
    this.accounts.forget();
    this.expiries.begin();
    this.erasure.beginCommit();
  }
}
