/** Finds a user's buckets without an index on the user. */
import { type BucketKey, type Scope, scopeParts, USER } from "../../core/index.ts";

/** A table whose key is a scope and a subject. */
type Table = "bucket" | "carried";

/**
 * The keys of a user's rows, found by the prefix of their subject: in a joined scope, `user` always comes first. Reads
 * one row for each scope and each key found, however large the table is.
 */
export function keysOfUser(sql: SqlStorage, table: Table, userId: string): BucketKey[] {
  return [...scopesOf(sql, table)].flatMap((scope) => {
    const [from, to] = subjectsOf(scope, userId);
    const query = `SELECT subject FROM ${table} WHERE scope = ? AND subject >= ? AND subject <= ?`;
    const rows = sql.exec<{ subject: string }>(query, scope, from, to).toArray();
    return rows.map(({ subject }) => ({ scope, subject }));
  });
}

/** The range of a user's subjects: in a joined scope, JSON arrays that begin with the id. */
function subjectsOf(scope: Scope, userId: string): readonly [from: string, to: string] {
  if (scope === USER) return [userId, userId];
  const prefix = JSON.stringify([userId]).slice(0, -1);
  // In UTF-8 the hyphen comes right after the comma, so this is every subject with the prefix and a comma.
  return [`${prefix},`, `${prefix}-`];
}

function* scopesOf(sql: SqlStorage, table: Table): Generator<Scope> {
  const query = `SELECT scope FROM ${table} WHERE scope > ? ORDER BY scope LIMIT 1`;
  for (let scope = ""; ; ) {
    const [row] = sql.exec<{ scope: string }>(query, scope);
    if (!row) return;
    scope = row.scope;
    if (scopeParts(scope)[0] === USER) yield scope;
  }
}
