import { type BucketKey, type BucketName, keyNamed } from "../core/index.ts";
import { BudgetError, Id } from "../wire/index.ts";

/**
 * Checks an id that a path names.
 *
 * @throws BudgetError `invalid_path` that says what it takes
 */
export function parseId(what: string, id: unknown): string {
  const parsed = Id.safeParse(id);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BudgetError({ code: "invalid_path", detail: `the ${what}'s id ${issue?.message}` });
}

/** Finds the bucket that a path names. */
export function parseBucket({ scope, id, overflow }: BucketName): BucketKey {
  const ids = Array.isArray(id) ? id : [id];
  for (const part of ids) if (part !== null) parseId(scope, part);
  const key = keyNamed({ scope, id, overflow });
  if (key) return key;
  const detail =
    "a bucket is named by its scope (tenant, user, a label, or two to four of those joined by _and_) and an id: a " +
    "user's or a label's value, and for a joined scope a JSON array of one for each of its parts";
  throw new BudgetError({ code: "invalid_path", detail });
}
