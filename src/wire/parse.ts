import type { z } from "zod";
import { BudgetError, type FieldError, inputRefusal, pointerTo } from "./problem.ts";

/**
 * Validates an input.
 *
 * @throws BudgetError `invalid_input` with an entry for each field at fault, up to a hundred, and the number of others
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const found = result.error.issues.map(fieldErrors);
  const count = found.reduce((sum, { errors, omitted }) => sum + errors.length + omitted, 0);
  const errors = found.flatMap((each) => each.errors);
  throw new BudgetError(inputRefusal(errors, count - errors.length));
}

/** More keys than any refusal lists. */
const MAX_KEYS = 100;

/** The errors of one issue; of its unknown keys, which can be hundreds of thousands, the first. */
function fieldErrors(issue: z.core.$ZodIssue): { readonly errors: readonly FieldError[]; readonly omitted: number } {
  if (issue.code === "unrecognized_keys") {
    const errors = issue.keys.slice(0, MAX_KEYS).map((key) => ({
      pointer: pointerTo([...issue.path, key]),
      detail: "is not a field of this call",
    }));
    return { errors, omitted: issue.keys.length - errors.length };
  }
  const isNoObject = issue.code === "invalid_type" && issue.expected === "object";
  const detail = isNoObject ? "takes an object" : issue.message;
  return { errors: [{ pointer: pointerTo(issue.path), detail }], omitted: 0 };
}
