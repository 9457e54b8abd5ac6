/** The tenant's object under a clock that its caller sets. */
import { TenantBudget } from "../../src/tenant/index.ts";

export class ClockedBudget extends TenantBudget {
  #nowMs: number | undefined;

  /** Sets the time that the operations after this one read, in epoch milliseconds. */
  setNow(epochMs: number): void {
    this.#nowMs = epochMs;
  }

  protected override now(): number {
    if (this.#nowMs === undefined) throw new Error("the clock is not set");
    return this.#nowMs;
  }
}
