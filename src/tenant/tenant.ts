/** A tenant as operations see it: its stores, and the background work that each commit does a part of. */
import type { Rules } from "../core/index.ts";
import { ErasureJob } from "./erasure/erasure-job.ts";
import { Expiries } from "./expiries.ts";
import { TenantStores } from "./store/tenant-stores.ts";

export class Tenant extends TenantStores {
  readonly expiries = new Expiries(this);
  readonly erasure: ErasureJob;

  constructor(sql: SqlStorage, rules: Rules) {
    super(sql, rules);
    this.erasure = new ErasureJob(this, sql);
  }

  override flush(): void {
    super.flush();
    this.#startCommit();
  }

  override discard(): void {
    super.discard();
    this.erasure.discard();
    this.#startCommit();
  }

  #startCommit(): void {
    this.expiries.startCommit();
    this.erasure.startCommit();
  }
}
