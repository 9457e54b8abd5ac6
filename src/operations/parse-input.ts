/** Validation of input by a schema, and the errors that name its fields. */
import type { z } from "zod";
import { BudgetError, type FieldError, inputRefusal, pointerTo } from "../wire/index.ts";
import { OF_PATH } from "./fields.ts";

/**
 * Validates an input.
 *
 * @param wrappers fields that the caller does not know: pointers begin below them
 * @throws BudgetError `invalid_input` with an entry for each field at fault, up to a hundred, and the number of others;
 *   or `invalid_path`
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, wrappers: readonly string[] = []): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const { issues } = result.error;
  const ofPath = issues.find((issue) => issue.code === "custom" && issue.params === OF_PATH);
  if (ofPath) throw new BudgetError({ code: "invalid_path", detail: ofPath.message });
  const found = issues.map((issue) => fieldErrors(issue, wrappers));
  const count = found.reduce((sum, { errors, omitted }) => sum + errors.length + omitted, 0);
  const errors = found.flatMap((each) => each.errors);
  throw new BudgetError(inputRefusal(errors, count - errors.length));
}

/** The most unknown keys that are listed: a refusal lists no more errors. */
const MAX_KEYS = 100;

/** The errors of one issue; of its unknown keys, which can be hundreds of thousands, the first. */
function fieldErrors(
  issue: z.core.$ZodIssue,
  wrappers: readonly string[],
): { readonly errors: readonly FieldError[]; readonly omitted: number } {
  const [first] = issue.path;
  // What an operation is about has no place of its own in a body; in a batch it is a field of the item.
  const isWrapped = wrappers.some((name) => name === first && name !== "bucket");
  const path = isWrapped ? issue.path.slice(1) : issue.path;
  if (issue.code === "unrecognized_keys") {
    const errors = issue.keys.slice(0, MAX_KEYS).map((key) => ({
      pointer: pointerTo([...path, key]),
      detail: "is not a field of this call",
    }));
    return { errors, omitted: issue.keys.length - errors.length };
  }
  const isNoObject = issue.code === "invalid_type" && issue.expected === "object";
  const detail = isNoObject ? "takes an object" : issue.message;
  return { errors: [{ pointer: pointerTo(path), detail }], omitted: 0 };
}
