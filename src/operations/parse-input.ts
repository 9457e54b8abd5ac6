/** Validates input by a schema, and reports the fields at fault. */
import type { z } from "zod";
import { BudgetError, type FieldError, inputRefusal, pointerTo } from "../wire/index.ts";
import { PATH_ISSUE } from "./fields.ts";

/**
 * Validates an input.
 *
 * @param wrappers fields that the caller did not send, such as `request`: pointers begin below them
 * @throws BudgetError `invalid_input` with up to a hundred fields at fault and the number of others, or `invalid_path`
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, wrappers: readonly string[] = []): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const { issues } = result.error;
  const pathIssue = issues.find((issue) => issue.code === "custom" && issue.params === PATH_ISSUE);
  if (pathIssue) throw new BudgetError({ code: "invalid_path", detail: pathIssue.message });
  const found = issues.map((issue) => fieldErrors(issue, wrappers));
  const count = found.reduce((sum, { errors, omitted }) => sum + errors.length + omitted, 0);
  const errors = found.flatMap((each) => each.errors);
  throw new BudgetError(inputRefusal(errors, count - errors.length));
}

/** The most unknown keys that one issue lists. `inputRefusal` lists no more errors either. */
const MAX_KEYS = 100;

/** The errors of one issue. An issue can have hundreds of thousands of unknown keys, so only the first are listed. */
function fieldErrors(
  issue: z.core.$ZodIssue,
  wrappers: readonly string[],
): { readonly errors: readonly FieldError[]; readonly omitted: number } {
  const [first] = issue.path;
  // `bucket` is not a wrapper: in a batch, it is a field of the item.
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
