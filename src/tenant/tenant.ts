import type { Rules } from "../core/index.ts";
import { ErasureJob } from "./erasure/erasure-job.ts";
import { Expiries } from "./expiries.ts";
import { TenantStores } from "./store/tenant-stores.ts";

/** A tenant as operations see it: all that is stored for it, and the work that is done a part in each commit. */
export class Tenant extends TenantStores {
  readonly expiries = new Expiries(this);
  readonly erasure: ErasureJob;

  constructor(sql: SqlStorage, rules: Rules) {
    super(sql, rules);
    this.erasure = new ErasureJob(this, sql);
  }

  override flush(): void {
    super.flush();
    this.#beginCommit();
  }

  override discard(): void {
    super.discard();
    this.erasure.discard();
    this.#beginCommit();
  }

  #beginCommit(): void {
    this.expiries.beginCommit();
    this.erasure.beginCommit();
  }
}
