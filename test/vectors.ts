/** The original's recorded cases, and the check of an answer. */
import { expect } from "vitest";
import type { Case, Step } from "../scripts/conformance/case.ts";
import vectors from "./fixtures/budget-vectors.json";

export const CASES = vectors as unknown as readonly Case[];

/** Checks a step's answer. If the original's answer is of no use, anything but `blocked` is right. */
export function expectAnswer(step: Step, answer: unknown): void {
  if (step.expect) expect(answer).toMatchObject(step.expect);
  else if (step.op === "allows_step") expect(answer).not.toMatchObject({ state: "blocked" });
}

export type { Case };
