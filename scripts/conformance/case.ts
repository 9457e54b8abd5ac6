/** The recorded calls to the original, and its answers. */
import type { BudgetConfig } from "../../src/core/index.ts";

export const OPS = ["consume", "allows_step", "usage_for"] as const;

/** One call of a case, and what the original answered. */
export interface Step {
  /** Seconds since the budget was constructed. */
  readonly at: number;
  readonly op: (typeof OPS)[number];
  /** Null or absent: the anonymous user. */
  readonly user_id?: string | null;
  readonly tokens_in?: number;
  readonly tokens_out?: number;
  /** Decimal USD. */
  readonly cost_usd?: number;
  /** The fields of the answer that count, and their values. */
  readonly expect?: Readonly<Record<string, unknown>>;
}

/** A run of the original under a controlled clock. */
export interface Case {
  readonly name: string;
  readonly config: BudgetConfig;
  /** Null disables, absent is the original's default. */
  readonly options?: { readonly max_users?: number | null; readonly user_idle_ttl_seconds?: number | null };
  readonly steps: readonly Step[];
}
