import type { z } from "zod";
import { BudgetError, type FieldError } from "./problem.ts";

/**
 * Validates an input.
 *
 * @throws BudgetError `invalid_input` with one entry for each field at fault
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(fieldErrors);
  const [first] = errors;
  const detail = first ? `${first.pointer || "the body"} ${first.detail}` : "The input is not valid";
  throw new BudgetError({ code: "invalid_input", detail, errors });
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

/** Prints a JSON pointer (RFC 6901). */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
