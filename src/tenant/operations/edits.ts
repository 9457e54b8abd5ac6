/** What edits of the configuration and of limits have in common. */
import type { Edit } from "../../wire/index.ts";

/** Who made an edit, and under which key, for the ledger. */
export function editorOf({ author = null, idempotency_key }: Edit) {
  return { author, idempotency_key };
}

/** By RPC a field can be undefined, which JSON has no word for: it is as if it were absent. */
export function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
