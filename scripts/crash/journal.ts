import type { EntryKind } from "../../src/wire/index.ts";

/** One write that a client asked for, and what it knows of it. */
export interface Write {
  /** Its idempotency key. */
  readonly key: string;
  /** The kind of the entry that it has in the ledger, once and only once it was carried out. */
  readonly kind: EntryKind & ("consume" | "hold" | "commit");
  readonly userId: string;
  /** What the entry must say; of a hold nothing, since nothing is spent by it. */
  readonly spent?: Spent;
  /** Of a hold that its client leaves to its end: it must end once, and be charged where it says so. */
  readonly leftToExpire?: "release" | "charge";
  /** What came of it; all but what was acknowledged may have been carried out, or not. */
  outcome: "pending" | "acknowledged" | "given up" | "refused";
  /** True where the answer came to a second sending, and said that the first had been carried out. */
  replayed: boolean;
}

export interface Spent {
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly cost_usd: number;
}
