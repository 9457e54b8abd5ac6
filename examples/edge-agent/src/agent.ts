import type { Budget, BudgetStatus } from "../../../src/core/index.ts";
import { costUsd, think } from "./think.ts";

/** The result of a run. */
export interface Run {
  /** How many steps were taken. */
  readonly steps: number;
  /** The limit that stopped it; null where its work was done. */
  readonly stopped_by: string | null;
  readonly spent: { readonly tokens_in: number; readonly tokens_out: number; readonly cost_usd: number };
  /** What the budget warned of, and after which step. */
  readonly warnings: readonly string[];
  /** The decision that stopped it, or would have been in force for the step after its last. */
  readonly last: BudgetStatus;
}

/**
 * Works for a user until its work, so many steps, is done, or the budget blocks the next step. It asks once, at
 * the start: from then on each `consume` answers for the step after it.
 */
export async function runAgent(budget: Budget, userId: string, work: number): Promise<Run> {
  const conversation = ["Find out what can be known of this, step by step."];
  const warnings: string[] = [];
  let steps = 0;
  let tokensIn = 0;
  let tokensOut = 0;
  let status = await budget.allowsStep({ user_id: userId });
  while (status.state !== "blocked" && steps < work) {
    const { text, ...spent } = await think(conversation);
    conversation.push(text);
    status = await budget.consume({ ...spent, user_id: userId });
    steps += 1;
    tokensIn += spent.tokens_in;
    tokensOut += spent.tokens_out;
    if (status.state === "warn") warnings.push(`after step ${steps}: ${status.reason}`);
  }
  return {
    steps,
    stopped_by: steps < work ? status.reason : null,
    spent: { tokens_in: tokensIn, tokens_out: tokensOut, cost_usd: costUsd(tokensIn, tokensOut) },
    warnings,
    last: status,
  };
}
