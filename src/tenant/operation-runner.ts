import type { Answer } from "../wire/index.ts";
import { ExpiryFault } from "./expiries.ts";
import { type GroupCommit, nextTurn } from "./group-commit.ts";

/** An operation that is ready to run; it answers undefined if it did nothing and is to be run again. */
type Run<T> = () => T | undefined;

/**
 * Runs operations in group commits until each has an answer. One that found too much expired is run again after the
 * commit that recorded a part of it, and so is one that met a reservation whose expiry cannot be recorded.
 */
export class OperationRunner {
  readonly #commits: GroupCommit;

  constructor(commits: GroupCommit) {
    this.#commits = commits;
  }

  /** @throws whatever the operation or its commit throws */
  async run<T>(run: Run<T>): Promise<T> {
    for (;;) {
      try {
        const answer = await this.#commits.run(run);
        if (answer !== undefined) return answer;
      } catch (fault) {
        if (!isPassedOver(fault)) throw fault;
      }
      await nextTurn();
    }
  }

  /** Runs operations in order, together if they can be. A fault is the answer of the operation that met it. */
  async runAll(runs: readonly Run<Answer<unknown>>[]): Promise<Answer<unknown>[]> {
    const answers: Answer<unknown>[] = [];
    while (answers.length < runs.length) {
      const outcomes = await this.#commits.runAll(inOrder(runs.slice(answers.length)));
      for (const outcome of outcomes) {
        if (outcome.status === "rejected" && !isPassedOver(outcome.reason)) answers.push(faultAnswer(outcome.reason));
        else if (outcome.status === "fulfilled" && outcome.value !== undefined) answers.push(outcome.value);
        else break;
      }
      if (answers.length < runs.length) await nextTurn();
    }
    return answers;
  }
}

/** The same operations, of which none runs after one that has to be run again. */
function inOrder<T>(runs: readonly Run<T>[]): Run<T>[] {
  let isStopped = false;
  return runs.map((run) => () => {
    if (isStopped) return undefined;
    try {
      const answer = run();
      isStopped = answer === undefined;
      return answer;
    } catch (fault) {
      isStopped = fault instanceof ExpiryFault;
      throw fault;
    }
  });
}

/** True for a fault that the next run does not meet again. */
function isPassedOver(fault: unknown): boolean {
  if (!(fault instanceof ExpiryFault)) return false;
  console.error(fault, fault.cause);
  return true;
}

function faultAnswer(fault: unknown): Answer<never> {
  console.error(fault);
  return { ok: false, refusal: { code: "unavailable", detail: "this operation failed and had no effect" } };
}
