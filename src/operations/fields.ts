/** The fields that identify the target of an operation: a bucket, or an id. */
import { z } from "zod";
import { type BucketKey, type BucketName, keyNamed } from "../core/index.ts";
import { Id, isObject } from "../wire/index.ts";

/** Marks an issue with a target, which is in the path of an HTTP call. */
export const PATH_ISSUE = { isPathIssue: true } as const;

/** The id of a reservation, a user or a token. */
export const idOf = (noun: string) =>
  z.unknown().transform((id, context): string => {
    const { data, error } = Id.safeParse(id);
    if (data !== undefined) return data;
    refuse(context, `the ${noun}'s id ${error?.issues[0]?.message}`);
    return z.NEVER;
  });

const BUCKET_TAKES =
  "a bucket is named by its scope (tenant, user, a label, or two to four of those joined by _and_) and an id: a " +
  "user's or a label's value, or for a joined scope a JSON array with one for each of its parts";

/** Takes a bucket's name, and returns its key. */
export const Bucket = z
  .custom<BucketName>(isBucketName, 'takes a bucket, such as {"scope": "user", "id": "alice"}')
  .transform((name, context): BucketKey => {
    const { scope, id = null, overflow } = name;
    for (const part of Array.isArray(id) ? id : [id]) {
      const [issue] = part === null ? [] : (Id.safeParse(part).error?.issues ?? []);
      if (issue) refuse(context, `the ${scope}'s id ${issue.message}`);
    }
    const key = keyNamed({ scope, id, overflow });
    if (key) return key;
    refuse(context, BUCKET_TAKES);
    return z.NEVER;
  });

function isBucketName(value: unknown): boolean {
  const isId = (id: unknown) => typeof id === "string" || id === null;
  if (!isObject(value)) return false;
  const { scope, id = null, overflow } = value;
  return (
    typeof scope === "string" &&
    (isId(id) || (Array.isArray(id) && id.every(isId))) &&
    (overflow === undefined || overflow === true)
  );
}

function refuse(context: z.RefinementCtx, message: string): void {
  context.addIssue({ code: "custom", message, params: PATH_ISSUE });
}
