/** Compares a run with the answers that its case expects. */
import type { Case, Step } from "./case.ts";
import type { Run } from "./run-case.ts";

/** A step at which a run differs from the original. Each text is one line: JSON, or a fault's message. */
export interface Difference {
  /** `step 3 (consume)`, or `construction`. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
}

/** The first step at which a run differs from what its case expects; undefined if none does. */
export function firstDifference({ steps }: Case, { answers, fault }: Run): Difference | undefined {
  if (fault?.step === null) return { where: "construction", expected: "a budget", got: oneLine(fault.message) };
  for (const [index, step] of steps.entries()) {
    const where = `step ${index} (${step.op})`;
    const expected = expectedOf(step);
    if (index >= answers.length) return { where, expected, got: oneLine(fault?.message ?? "no answer") };
    const answer = answers[index];
    if (!isRight(step, answer)) return { where, expected, got: gotOf(step, answer) };
  }
  return undefined;
}

function isRight({ op, expect }: Step, answer: unknown): boolean {
  const got = fieldsOf(answer);
  if (expect) return Object.entries(expect).every(([field, value]) => got[field] === value);
  return op !== "allows_step" || got.state === "ok" || got.state === "warn";
}

function expectedOf({ op, expect }: Step): string {
  if (expect) return JSON.stringify(expect);
  return op === "allows_step" ? "state ok or warn" : "an answer";
}

/** The fields that count, in the order in which they are expected. */
function gotOf({ expect }: Step, answer: unknown): string {
  if (!expect) return JSON.stringify(answer);
  const got = fieldsOf(answer);
  return JSON.stringify(Object.fromEntries(Object.keys(expect).map((field) => [field, got[field]])));
}

function fieldsOf(answer: unknown): Readonly<Record<string, unknown>> {
  return Object(answer);
}

function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, " ");
}
