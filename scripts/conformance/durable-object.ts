/** Runs each case on an object of its own, inside workerd. */
import { startWorkerd, type Workerd } from "../workerd.ts";
import type { Case } from "./case.ts";
import type { Run } from "./run-case.ts";

/** How many cases run at the same time, each on an object of its own. */
const LANES = 4;

export async function runInWorkerd(cases: readonly Case[]): Promise<Run[]> {
  const workerd = await startWorkerd({
    entry: new URL("./worker.ts", import.meta.url),
    durableObjects: { BUDGET: "OriginalBudget" },
  });
  try {
    const runs: Run[] = [];
    const queue = cases.entries();
    const lane = async () => {
      // The lanes share the iterator, so that each takes the next case that none has taken.
      for (const [index, each] of queue) runs[index] = await post(workerd, each);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return runs;
  } finally {
    await workerd.dispose();
  }
}

async function post(workerd: Workerd, each: Case): Promise<Run> {
  try {
    const response = await workerd.fetch("/", JSON.stringify(each));
    const body = await response.text();
    if (response.status !== 200) throw new Error(`the Worker answered ${response.status}: ${body}`);
    return JSON.parse(body);
  } catch (error) {
    return { answers: [], fault: { step: null, message: `no answer from workerd: ${error}` } };
  }
}
