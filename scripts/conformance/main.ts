/**
 * `npm run conformance -- FILE…`: runs the cases of vector files against the budget in this process and against
 * the Durable Object in workerd, and reports where either differs from the original.
 *
 * Exit code: 0 if nothing differs, 1 if anything does, 2 if a file cannot be used.
 */
import { readArguments } from "../arguments.ts";
import type { Case } from "./case.ts";
import { firstDifference } from "./difference.ts";
import { runInWorkerd } from "./durable-object.ts";
import { runInProcess } from "./in-process.ts";
import { BadFileError, readCases } from "./read-cases.ts";
import type { Run } from "./run-case.ts";

const { operands: files } = readArguments({
  usage: "npm run conformance -- FILE…",
  does: "Runs recorded cases against the in-process budget and the Durable Object, and reports where either differs.",
  operands: { name: "FILE…", sentence: "JSON files of cases", min: 1, max: Number.POSITIVE_INFINITY },
  options: {},
});

const cases: Case[] = [];
const origins: string[] = [];
for (const file of files) {
  const found = await readCases(file).catch((error: unknown) => {
    if (error instanceof BadFileError) stop(error.message);
    throw error;
  });
  cases.push(...found);
  origins.push(...found.map(({ name }) => `${file}: ${name}`));
}

const inProcess = countPassed("in-process", await runInProcess(cases));
const durableObject = countPassed("durable object", await runInWorkerd(cases));
const steps = cases.reduce((sum, each) => sum + each.steps.length, 0);
const total = cases.length;
console.log(
  `conformance: in-process ${inProcess}/${total}, durable object ${durableObject}/${total} cases (${steps} steps)`,
);
process.exitCode = inProcess === total && durableObject === total ? 0 : 1;

/** Reports each run that differs, and counts those that do not. */
function countPassed(engine: string, runs: readonly Run[]): number {
  let passed = 0;
  for (const [index, each] of cases.entries()) {
    const run = runs[index] ?? { answers: [], fault: { step: null, message: "not run" } };
    const difference = firstDifference(each, run);
    if (difference) {
      const { where, expected, got } = difference;
      console.log(`${engine}: ${origins[index]}, ${where}: expected ${expected}, got ${got}`);
    } else {
      passed += 1;
    }
  }
  return passed;
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
