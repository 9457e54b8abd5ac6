import type { EstimateRequest } from "../../src/core/index.ts";
import type { Subject } from "./model-accounts.ts";
import { amountsIn, type Measured, NOTHING } from "./model-amounts.ts";

/** Thrown for what is not carried out: why, and the decision of the limit that refuses it. */
export class Refused extends Error {
  readonly decision: object | undefined;

  constructor(code: string, decision?: object) {
    super(code);
    this.decision = decision;
  }
}

export function subjectIn({ user_id = null, labels = {} }: EstimateRequest): Subject {
  return { user: user_id, labels };
}

/** What a request says a call may come to; nothing where it says nothing. */
export function estimateIn(request: EstimateRequest): Measured {
  const { input_tokens = 0, output_tokens = 0, tokens = input_tokens + output_tokens, cost_usd } = request;
  return { ...NOTHING, tokens, input_tokens, output_tokens, cost_usd: amountsIn({ cost_usd }).costNano };
}

/** A time that has to lie ahead; infinity where none is given. */
export function aheadOf(nowMs: number, time: string | null | undefined): number {
  if (time == null) return Number.POSITIVE_INFINITY;
  if (Date.parse(time) <= nowMs) throw new Refused("invalid_input");
  return Date.parse(time);
}

export function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
