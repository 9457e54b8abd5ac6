import type {
  BucketName,
  BudgetConfig,
  BudgetStatus,
  EvictionCause,
  LimitStatus,
  Maxima,
  Price,
  StepRequest,
  UsageTotals,
} from "../core/index.ts";
import type { Refusal } from "./problem.ts";

/** What the object answers: a refusal is an answer, and only a fault of the platform or of ours throws. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** The decision for the next step. */
export type DecisionAnswer = BudgetStatus;

/** What an operator has set for a bucket. Times are RFC 3339. */
export interface ControlAnswer {
  /** Maxima of its own; null where it has none. */
  readonly override: Maxima | null;
  /** Maxima that go before those, for a time; null where there are none now. */
  readonly raise: (Maxima & { readonly expires_at: string }) | null;
  /** Null where its steps are not blocked by a freeze now; `until` is null where that has no end. */
  readonly frozen: { readonly until: string | null } | null;
}

/** A bucket's totals and how its limits stand. A bucket that does not exist has not started. */
export interface UsageAnswer extends UsageTotals, ControlAnswer {
  readonly scope: BucketName["scope"];
  readonly id: BucketName["id"];
  /** RFC 3339. */
  readonly started_at: string | null;
  /** Seconds since `started_at`, what `max_wall_clock` counts. */
  readonly wall_clock: number;
  /** The bucket's limits, in the order they are checked. */
  readonly limits: readonly LimitStatus[];
  /** The least that is left of each metric over those of its limits that block. */
  readonly remaining: BudgetStatus["remaining"];
  /** Of the tenant alone: how many users have a bucket. */
  readonly users?: number;
}

/** One version of the configuration. Version 0 is the empty one that every tenant starts with. */
export interface ConfigVersion {
  readonly version: number;
  /** RFC 3339: since when it counts; null for version 0. */
  readonly at: string | null;
  /** Who made it, as the caller said; null where nobody did. */
  readonly author: string | null;
  /** As it was put, without limits of null. */
  readonly config: BudgetConfig;
}

/** One entry of the ledger: what happened, when, and what belongs to an entry of its kind. */
export interface LedgerEntry
  extends Partial<Omit<UsageTotals, "tokens_total" | "calls">>,
    Pick<StepRequest, "user_id" | "labels" | "model"> {
  /** Grows with every entry. */
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly kind: EntryKind;
  /** Of a consume that was priced by its model. */
  readonly provider?: string;
  readonly price?: Pick<Price, "source" | "rates"> | undefined;
  /** Of all that happens to one bucket. */
  readonly bucket?: { readonly scope: string; readonly id: string | null | readonly (string | null)[] };
  readonly note?: string | undefined;
  /** Of an adjustment. */
  readonly calls?: number;
  /** Of an eviction: why it had to go, what it had counted, since when, and when it was last touched. */
  readonly cause?: EvictionCause;
  readonly totals?: UsageTotals;
  readonly started_at?: string;
  readonly touched_at?: string;
  /** Of a change of limits: the maxima, null where they were taken away, and when they end. */
  readonly limits?: Maxima | null;
  readonly expires_at?: string | undefined;
  /** Of a freeze: when it ends. */
  readonly until?: string | null | undefined;
  /** Of a configuration. */
  readonly version?: number;
  readonly author?: string | null;
}

/** What an entry of the ledger can tell of. */
export type EntryKind = "consume" | "adjustment" | "reset" | "eviction" | "config" | "limits" | "freeze" | "unfreeze";

/** A page of a list: `next` is the `after` of the next page, null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: number | null;
}
