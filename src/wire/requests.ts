import { z } from "zod";
import { type BudgetConfig, configIssues } from "../core/index.ts";
import { Id } from "./ids.ts";

/** More than any call can use; it leaves room for 9,000 such events in a total. */
const MAX_TOKENS = 1_000_000_000_000;
const MAX_COST_USD = 1_000_000;

const TOKENS_TAKE = `takes a whole number from 0 to ${MAX_TOKENS}`;
const Tokens = z.int(TOKENS_TAKE).min(0, TOKENS_TAKE).max(MAX_TOKENS, TOKENS_TAKE);

const COST_TAKES = `takes a number of USD from 0 to ${MAX_COST_USD}`;
const CostUsd = z.number(COST_TAKES).min(0, COST_TAKES).max(MAX_COST_USD, COST_TAKES);

/** Whose step it is. Null or absent: the anonymous user. */
const UserId = Id.nullable().optional();

/** `POST allows-step` */
export const AllowsStepRequest = z.strictObject({ user_id: UserId });
export type AllowsStepRequest = z.infer<typeof AllowsStepRequest>;

/** `POST consume`: what a step came to, all zero where absent. Cost in USD, kept to the nano-USD. */
export const ConsumeRequest = z.strictObject({
  user_id: UserId,
  tokens_in: Tokens.optional(),
  tokens_out: Tokens.optional(),
  cost_usd: CostUsd.optional(),
});
export type ConsumeRequest = z.infer<typeof ConsumeRequest>;

/** `PUT config`: limits by name, and settings. Not a `z.record`, which would drop a key `__proto__` unseen. */
export const ConfigRequest = z
  .custom<BudgetConfig>(isObject, "takes an object of limits and settings")
  .check((config) => {
    for (const { key, detail } of configIssues(config.value as Record<string, unknown>)) {
      config.issues.push({ code: "custom", path: [key], message: detail, input: config.value });
    }
  });

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
