import { expect } from "vitest";
import type { BudgetConfig } from "../src/core/index.ts";
import vectors from "./fixtures/budget-vectors.json";

/** One call of a case and what the original answered. `at` is in seconds since the budget was made. */
export interface Step {
  readonly at: number;
  readonly op: "consume" | "allows_step" | "usage_for";
  readonly user_id: string | null;
  readonly tokens_in?: number;
  readonly tokens_out?: number;
  readonly cost_usd?: number;
  readonly expect?: Readonly<Record<string, unknown>>;
}

/** A run of the original under a controlled clock. */
export interface Case {
  readonly name: string;
  readonly config: BudgetConfig;
  readonly options: { readonly max_users?: number | null; readonly user_idle_ttl_seconds?: number | null };
  readonly steps: readonly Step[];
}

export const CASES = vectors as unknown as readonly Case[];

/** Checks a step's answer. Where the original says nothing useful, anything but `blocked` is right. */
export function expectAnswer(step: Step, answer: unknown): void {
  if (step.expect) expect(answer).toMatchObject(step.expect);
  else if (step.op === "allows_step") expect(answer).not.toMatchObject({ state: "blocked" });
}
