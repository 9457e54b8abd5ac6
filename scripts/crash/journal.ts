/** What a client knows about each write that it requested. */
import type { EntryKind } from "../../src/wire/index.ts";

/** One write that a client requested, and what the client knows of it. */
export interface Write {
  /** Its idempotency key. */
  readonly key: string;
  /** The kind of its ledger entry; there is one exactly if the write was applied. */
  readonly kind: EntryKind & ("consume" | "hold" | "commit");
  readonly userId: string;
  /** The amounts of the entry; absent for a reservation, which spends nothing. */
  readonly spent?: Spent;
  /** Set for a reservation that its client lets expire: it must expire once, and be charged if this says so. */
  readonly leftToExpire?: "release" | "charge";
  /** What became of it. Unless it was acknowledged, it may have been applied or not. */
  outcome: "pending" | "acknowledged" | "given up" | "refused";
  /** True if a retry was answered, as already applied. */
  replayed: boolean;
}

export interface Spent {
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly cost_usd: number;
}
