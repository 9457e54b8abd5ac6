/** What the model reads from requests: subjects, estimates and times. */
import type { EstimateRequest } from "../../src/core/index.ts";
import { amountsIn, type Measured, NOTHING } from "./model-amounts.ts";
import type { Subject } from "./model-bucket-keys.ts";

/** Thrown when an operation is refused: the code, and the decision that blocks it. */
export class Refused extends Error {
  readonly decision: object | undefined;

  constructor(code: string, decision?: object) {
    super(code);
    this.decision = decision;
  }
}

/** What was sent under an idempotency key, and how it was answered. */
export interface Replay {
  readonly sent: string;
  readonly sender: string;
  readonly value: unknown;
}

export function subjectIn({ user_id = null, labels = {} }: EstimateRequest): Subject {
  return { user: user_id, labels };
}

/** A request's estimate of a call; 0 for what it leaves out. */
export function estimateIn(request: EstimateRequest): Measured {
  const { input_tokens = 0, output_tokens = 0, tokens = input_tokens + output_tokens, cost_usd } = request;
  return { ...NOTHING, tokens, input_tokens, output_tokens, cost_usd: amountsIn({ cost_usd }).costNano };
}

/** A request's time, which must be in the future; infinity if it has none. */
export function futureMs(nowMs: number, time: string | null | undefined): number {
  if (time == null) return Number.POSITIVE_INFINITY;
  if (Date.parse(time) <= nowMs) throw new Refused("invalid_input");
  return Date.parse(time);
}

export function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
