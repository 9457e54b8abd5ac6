/** How many cases the property tests try. */
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** The environment's `CASES`. */
    cases: number;
  }
}

/** The number of cases of a property: a few, times `CASES`. */
export function cases(few: number): number {
  return few * inject("cases");
}

/** A test's timeout, in milliseconds, for so many cases. A failure is shrunk before it is reported, within minutes. */
export function timeoutFor(count: number): number {
  return 300_000 + count * 1000;
}
