/** Drives a budget through the steps of a case under a set clock. */
import type { Consumption, StepRequest } from "../../src/core/index.ts";
import type { Case, Step } from "./case.ts";

/** When every case's budget is constructed, in epoch milliseconds. */
const START_MS = Date.UTC(2026, 0, 1);

/** A budget whose clock the caller sets. Each method throws if it fails or refuses. */
export interface ClockedSubject {
  setNow(epochMs: number): void | Promise<void>;
  /** Constructs the budget, now. */
  open(each: Case): void | Promise<void>;
  allowsStep(step: StepRequest): unknown;
  consume(spent: Consumption): unknown;
  usageFor(userId: string | null): unknown;
}

/** The result of a case. Plain JSON: it travels from the Worker to Node. */
export interface Run {
  /** The answers to the steps, up to the fault if there was one. */
  readonly answers: readonly unknown[];
  readonly fault: Fault | null;
}

export interface Fault {
  /** The step's index; null if the fault precedes the first step. */
  readonly step: number | null;
  readonly message: string;
}

/** Runs a case on a budget, step by step. It stops at the first fault and never throws. */
export async function runCase(each: Case, subject: ClockedSubject): Promise<Run> {
  const answers: unknown[] = [];
  let at: number | null = null;
  try {
    await subject.setNow(START_MS);
    await subject.open(each);
    for (const [index, step] of each.steps.entries()) {
      at = index;
      await subject.setNow(START_MS + Math.round(step.at * 1000));
      answers.push(await take(step, subject));
    }
    return { answers, fault: null };
  } catch (error) {
    return { answers, fault: { step: at, message: String(error) } };
  }
}

function take({ op, user_id = null, tokens_in, tokens_out, cost_usd }: Step, subject: ClockedSubject): unknown {
  switch (op) {
    case "consume":
      return subject.consume({ user_id, tokens_in, tokens_out, cost_usd });
    case "allows_step":
      return subject.allowsStep({ user_id });
    case "usage_for":
      return subject.usageFor(user_id);
  }
}
