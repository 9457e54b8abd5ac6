/** Runs operations in group commits, and runs again those that have to wait for background work. */
import type { Answer } from "../wire/index.ts";
import { ExpiryFault } from "./expiries.ts";
import { type GroupCommit, nextTurn } from "./group-commit.ts";

/** An operation that is ready to run. It returns undefined if it did nothing and has to run again. */
type Run<T> = () => T | undefined;

/**
 * Runs operations until each has an answer. An operation that finds too many due expiries runs again after the commit
 * that recorded some of them, and so does one that meets an expiry that cannot be recorded.
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
        if (!isRepeatable(fault)) throw fault;
      }
      await nextTurn();
    }
  }

  /** Runs operations in order, in one commit if possible. The answer of an operation that throws is a refusal. */
  async runAll(runs: readonly Run<Answer<unknown>>[]): Promise<Answer<unknown>[]> {
    const answers: Answer<unknown>[] = [];
    while (answers.length < runs.length) {
      const outcomes = await this.#commits.runAll(stopAtRepeat(runs.slice(answers.length)));
      for (const outcome of outcomes) {
        if (outcome.status === "rejected" && !isRepeatable(outcome.reason)) answers.push(faultAnswer(outcome.reason));
        else if (outcome.status === "fulfilled" && outcome.value !== undefined) answers.push(outcome.value);
        else break;
      }
      if (answers.length < runs.length) await nextTurn();
    }
    return answers;
  }
}

/** The same operations, none of which runs after one that has to run again: order is kept. */
function stopAtRepeat<T>(runs: readonly Run<T>[]): Run<T>[] {
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

/** True for a fault that the next run will skip. */
function isRepeatable(fault: unknown): boolean {
  if (!(fault instanceof ExpiryFault)) return false;
  console.error(fault, fault.cause);
  return true;
}

function faultAnswer(fault: unknown): Answer<never> {
  console.error(fault);
  return { ok: false, refusal: { code: "unavailable", detail: "this operation failed and had no effect" } };
}
