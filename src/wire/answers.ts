import type {
  BucketName,
  BudgetConfig,
  BudgetStatus,
  EvictionCause,
  LimitStatus,
  Maxima,
  OnExpiry,
  Price,
  ReservationState,
  StepRequest,
  UsageTotals,
} from "../core/index.ts";
import type { Refusal } from "./problem.ts";
import type { ENTRY_KINDS } from "./queries.ts";

/** What the object answers: a refusal is an answer, and only a fault of the platform or of ours throws. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** The decision for the next step. */
export type DecisionAnswer = BudgetStatus;

/** What an operator has set for a bucket. Times are RFC 3339. */
export interface OverridesAnswer {
  /** Maxima of its own; null where it has none. */
  readonly override: Maxima | null;
  /** Maxima that go before those, for a time; null where there are none now. */
  readonly raise: (Maxima & { readonly expires_at: string }) | null;
  /** Null where its steps are not blocked by a freeze now; `until` is null where that has no end. */
  readonly frozen: { readonly until: string | null } | null;
}

/** A metric whose total can reach its ceiling. */
export type Saturable = "tokens" | "cost_usd" | "calls";

/** A bucket's totals and how its limits stand. A bucket that does not exist has not started. */
export interface UsageAnswer extends UsageTotals, OverridesAnswer {
  readonly scope: BucketName["scope"];
  readonly id: BucketName["id"];
  readonly overflow?: BucketName["overflow"];
  /** Only if true: it has no bucket, and shares its scope's overflow bucket, whose limits these are. */
  readonly in_overflow?: true;
  /** Only if there are any: metrics whose total has reached its ceiling, 2^53−1, and stays there. */
  readonly saturated?: readonly Saturable[];
  /** RFC 3339. */
  readonly started_at: string | null;
  /** Seconds since `started_at`, what `max_wall_clock` counts. */
  readonly wall_clock: number;
  /** What live reservations hold of it, and how many they are. */
  readonly held: AmountsAnswer & { readonly reservations: number };
  /** The bucket's limits, in the order they are checked. */
  readonly limits: readonly LimitStatus[];
  /** The least that is left of each metric over those of its limits that block. */
  readonly remaining: BudgetStatus["remaining"];
  /** Of the tenant alone: how many users have a bucket. */
  readonly users?: number;
  /** Of the tenant alone, and only if there are any: scopes at their bound, whose new subjects share one bucket. */
  readonly overflowing?: readonly string[];
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

/** What a reservation holds or asks for, per metric. */
export interface AmountsAnswer {
  readonly tokens: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_usd: number;
}

/** A reservation, and what became of it. Times are RFC 3339. */
export interface ReservationAnswer {
  readonly id: string;
  readonly state: ReservationState;
  readonly user_id: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** All that it was given to hold, which is less than asked for where that was capped. */
  readonly granted: AmountsAnswer;
  /** What it holds now. */
  readonly held: AmountsAnswer;
  /** What its commits have recorded. */
  readonly spent: UsageTotals;
  readonly on_expiry: OnExpiry;
  /** What its expiry charged and no commit has corrected yet. */
  readonly estimated?: UsageTotals;
  /** Only where true: a commit came after it had expired or was released. */
  readonly late?: true;
  readonly created_at: string;
  readonly expires_at: string;
  readonly settled_at: string | null;
}

/** A reservation, and the decision for the next step with what it holds or spent counted. */
export interface ReservationDecision extends ReservationAnswer {
  readonly decision: DecisionAnswer;
}

/** One entry of the ledger: what happened, when, and what belongs to an entry of its kind. */
export interface LedgerEntry
  extends Partial<Omit<UsageTotals, "tokens_total">>,
    Pick<StepRequest, "user_id" | "labels" | "model"> {
  /** Grows with every entry. */
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly kind: EntryKind;
  readonly idempotency_key?: string | undefined;
  /** Of a consume or commit that was priced by its model. */
  readonly provider?: string | undefined;
  readonly price?: Pick<Price, "source" | "rates"> | undefined;
  /** Of all that happens to a reservation: its id. */
  readonly reservation?: string;
  /** Of a hold and of an extension: what it was given. Of a refusal: what it asked for. */
  readonly amounts?: AmountsAnswer;
  /** Of a hold and of an extension. */
  readonly on_expiry?: OnExpiry | undefined;
  /** Of a refusal: why. */
  readonly reason?: string | null;
  /** Of a refusal, if more than once: how often it happened to this subject for this reason within a minute. */
  readonly times?: number;
  /** Of an expiry: true where it charged what was held, as an estimate of what was spent. */
  readonly estimated?: boolean;
  /** Of a commit: true where the hold was not live any more; false where more was to come. */
  readonly late?: true | undefined;
  readonly final?: boolean;
  /** The scopes of labels whose buckets the amounts were added to, beside the tenant's and the user's. */
  readonly scopes?: readonly string[] | undefined;
  /** Of these scopes and the user's, those whose overflow bucket the amounts were added to. */
  readonly overflow?: readonly string[] | undefined;
  /** Where one of those buckets was changed by other amounts than the tenant's: which, and by what. */
  readonly exceptions?: readonly LedgerException[] | undefined;
  /** The scopes whose totals have reached their ceiling, 2^53−1, and counted less than was reported. */
  readonly saturated?: readonly string[] | undefined;
  /** What was reported, if the totals changed by something else: at a ceiling, or when a commit corrects a charge. */
  readonly reported?: Omit<UsageTotals, "tokens_total"> | undefined;
  /** Of all that happens to one bucket alone. */
  readonly bucket?: BucketName;
  readonly note?: string | undefined;
  /** Of an eviction: why it had to go, since when it had counted, and when it was last touched. */
  readonly cause?: EvictionCause;
  readonly started_at?: string;
  readonly touched_at?: string;
  /** Of a hold, an extension, a change of limits and a token: when it expires. */
  readonly expires_at?: string | undefined;
  /** Of a change of limits: the maxima, null where they were taken away. */
  readonly limits?: Maxima | null;
  /** Of a freeze: when it ends. */
  readonly until?: string | null | undefined;
  /** Of a token. */
  readonly jti?: string;
  /** Of a token that was minted: the scopes that it grants. */
  readonly grants?: readonly string[];
  /** Of a token that was minted: the tokens that it descends from. */
  readonly ancestors?: readonly string[];
  /** Of a configuration. */
  readonly version?: number;
  readonly author?: string | null | undefined;
}

export interface LedgerException extends Omit<UsageTotals, "tokens_total"> {
  readonly scope: string;
}

/** What an entry of the ledger can tell of. */
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Whether the ledger adds up to the totals, bucket by bucket. */
export interface AuditAnswer {
  readonly ok: boolean;
  /** How many entries were added up, beside the sums that stand for those whose time of keeping is over. */
  readonly entries: number;
  /** How many buckets were compared, the tenant's among them. */
  readonly buckets: number;
  /** Where they differ, up to a hundred of them. */
  readonly differences: readonly AuditDifference[];
  /** The tenant's, as stored. */
  readonly totals: UsageTotals;
}

export interface AuditDifference extends BucketName {
  /** Of a late commit that took back something else than its reservation's expiry had charged: its entry. */
  readonly entry?: number;
  /** What the bucket's entries add up to; or what the commit should have changed. */
  readonly ledger: UsageTotals;
  /** What is stored as its totals; or what the commit did change. */
  readonly stored: UsageTotals;
}

/** A person who was forgotten. */
export interface ErasedAnswer {
  /** What stands for their id in the ledger from now on. Nobody can compute it from the id. */
  readonly pseudonym: string;
  /** How many buckets were theirs. */
  readonly buckets: number;
}

/** A row as it is stored: nano-USD, epoch milliseconds. */
export interface ExportedRow {
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** A token that does not hold any more. */
export interface RevokedToken {
  readonly jti: string;
  /** RFC 3339. */
  readonly revoked_at: string;
}

/** A page of a list: `next` is the `after` of the next page, null at the end. */
export interface Page<T, After = number> {
  readonly items: readonly T[];
  readonly next: After | null;
}
