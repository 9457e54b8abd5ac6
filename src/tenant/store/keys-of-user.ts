import { type BucketKey, type Scope, scopeParts, USER } from "../../core/index.ts";

/** A table whose key is a scope and a subject. */
type Table = "bucket" | "carried";

/**
 * The keys of a table that are of one user, found by the beginning of their subject: `user` is the first part of every
 * joined scope that it is in. Costs a read for each scope and each key found, however large the table is.
 */
export function keysOfUser(sql: SqlStorage, table: Table, userId: string): BucketKey[] {
  return [...scopesOf(sql, table)].flatMap((scope) => {
    const [from, to] = subjectsOf(scope, userId);
    const query = `SELECT subject FROM ${table} WHERE scope = ? AND subject >= ? AND subject <= ?`;
    const rows = sql.exec<{ subject: string }>(query, scope, from, to).toArray();
    return rows.map(({ subject }) => ({ scope, subject }));
  });
}

/** The first and the last subject that can be of a user: JSON arrays that begin with the id. */
function subjectsOf(scope: Scope, userId: string): readonly [from: string, to: string] {
  if (scope === USER) return [userId, userId];
  const beginning = JSON.stringify([userId]).slice(0, -1);
  // A comma follows the id, and a hyphen follows a comma.
  return [`${beginning},`, `${beginning}-`];
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
