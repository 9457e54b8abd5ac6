import type { z } from "zod";
import { BudgetError, type FieldError, inputRefusal, pointerTo } from "./problem.ts";

/**
 * Validates an input.
 *
 * @throws BudgetError `invalid_input` with one entry for each field at fault
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new BudgetError(inputRefusal(result.error.issues.flatMap(fieldErrors)));
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      pointer: pointerTo([...issue.path, key]),
      detail: "is not a field of this call",
    }));
  }
  if (issue.code === "invalid_type" && issue.expected === "object") {
    return [{ pointer: pointerTo(issue.path), detail: "takes an object" }];
  }
  return [{ pointer: pointerTo(issue.path), detail: issue.message }];
}
