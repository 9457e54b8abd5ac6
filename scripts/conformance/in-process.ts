/** Runs each case on a `StandardBudget` of its own. */
import { type Consumption, StandardBudget, type StepRequest } from "../../src/core/index.ts";
import type { Case } from "./case.ts";
import { type ClockedSubject, type Run, runCase } from "./run-case.ts";

export async function runInProcess(cases: readonly Case[]): Promise<Run[]> {
  const runs: Run[] = [];
  for (const each of cases) runs.push(await runCase(each, new InProcessSubject()));
  return runs;
}

class InProcessSubject implements ClockedSubject {
  #nowMs = 0;
  #budget = new StandardBudget();

  setNow(epochMs: number): void {
    this.#nowMs = epochMs;
  }

  open({ config, options }: Case): void {
    this.#budget = new StandardBudget(config, { ...options, clock: () => this.#nowMs });
  }

  allowsStep(step: StepRequest): unknown {
    return this.#budget.allowsStep(step);
  }

  consume(spent: Consumption): unknown {
    return this.#budget.consume(spent);
  }

  usageFor(userId: string | null): unknown {
    return this.#budget.usageFor(userId);
  }
}
