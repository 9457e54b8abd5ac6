/** Shared by edits of the configuration and of a bucket's limits. */
import type { Edit } from "../../wire/index.ts";

/** The ledger's fields about the author of an edit. */
export function editorOf({ author = null, idempotency_key }: Edit) {
  return { author, idempotency_key };
}

/** RPC can carry a field that is undefined, which JSON cannot: it counts as absent. */
export function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
