/** The object's tables and their migrations. */

/**
 * An append-only list of migrations, each of which runs once in each object. A shipped one never changes, not even its
 * comments.
 *
 * Money is in integer nano-USD, times are in epoch milliseconds. No table has an index beside its key or uses
 * `AUTOINCREMENT`: either would add a row written to each write.
 */
export const MIGRATIONS: readonly string[] = [
  `-- The tenant's own bucket, and what is known of all others: how many each scope has, and how often one was touched.
   CREATE TABLE tenant (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     input_tokens INTEGER NOT NULL,
     output_tokens INTEGER NOT NULL,
     cost_nano_usd INTEGER NOT NULL,
     calls INTEGER NOT NULL,
     cache_read_input_tokens INTEGER NOT NULL,
     cache_write_input_tokens INTEGER NOT NULL,
     reasoning_output_tokens INTEGER NOT NULL,
     started_at INTEGER NOT NULL,
     counters TEXT NOT NULL,
     bucket_counts TEXT NOT NULL,
     touches INTEGER NOT NULL,
     holds_since TEXT NOT NULL
   ) STRICT;
   -- No rowid: a bucket's row is the one row that a write to it costs. Its windows are counted within it.
   CREATE TABLE bucket (
     scope TEXT NOT NULL,
     subject TEXT NOT NULL,
     input_tokens INTEGER NOT NULL,
     output_tokens INTEGER NOT NULL,
     cost_nano_usd INTEGER NOT NULL,
     calls INTEGER NOT NULL,
     cache_read_input_tokens INTEGER NOT NULL,
     cache_write_input_tokens INTEGER NOT NULL,
     reasoning_output_tokens INTEGER NOT NULL,
     started_at INTEGER NOT NULL,
     counters TEXT NOT NULL,
     touched_at INTEGER NOT NULL,
     touched_seq INTEGER NOT NULL,
     PRIMARY KEY (scope, subject)
   ) STRICT, WITHOUT ROWID;
   -- What operators have set for single buckets, as JSON.
   CREATE TABLE control (
     scope TEXT NOT NULL,
     subject TEXT NOT NULL,
     overridden TEXT,
     raised TEXT,
     frozen TEXT,
     PRIMARY KEY (scope, subject)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE config (
     version INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     author TEXT,
     config TEXT NOT NULL
   ) STRICT;
   -- A row has the entries that one commit made, as a JSON array; their ids run on from its first.
   CREATE TABLE ledger (
     first_id INTEGER PRIMARY KEY,
     last_at INTEGER NOT NULL,
     entries TEXT NOT NULL
   ) STRICT;
   -- What entries that are not kept any more add up to, for each bucket, as a JSON array.
   CREATE TABLE carried (
     scope TEXT NOT NULL,
     subject TEXT NOT NULL,
     usage TEXT NOT NULL,
     PRIMARY KEY (scope, subject)
   ) STRICT, WITHOUT ROWID;
   -- Ids are in order of creation, so that a stretch of time is a range of the key.
   CREATE TABLE reservation (
     id TEXT PRIMARY KEY,
     state TEXT NOT NULL,
     hold TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   -- By the half-day in which it was used first, so that what is over is a range of the key.
   CREATE TABLE idempotency (
     half_day INTEGER NOT NULL,
     key TEXT NOT NULL,
     request TEXT NOT NULL,
     answer TEXT NOT NULL,
     PRIMARY KEY (half_day, key)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE revoked_token (
     jti TEXT PRIMARY KEY,
     revoked_at INTEGER NOT NULL,
     forget_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `-- Tells a bucket from what its key named before. Numbers come from the tenant's count of touches.
   ALTER TABLE tenant ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE bucket ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
   -- Single values, such as how the ledger's ids go on once none of its rows is left.
   CREATE TABLE kept_value (
     name TEXT PRIMARY KEY,
     value TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   -- The salt of the tenant's hashes, and the half-day in which an erasure last hashed keys. No export shows it.
   CREATE TABLE hash_salt (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     salt TEXT NOT NULL,
     keys_hashed_in INTEGER
   ) STRICT;`,
  `-- How much of the totals has an unknown cost.
   ALTER TABLE tenant ADD COLUMN unpriced_calls INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE tenant ADD COLUMN unpriced_tokens INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE bucket ADD COLUMN unpriced_calls INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE bucket ADD COLUMN unpriced_tokens INTEGER NOT NULL DEFAULT 0;`,
];

/** Brings the object's tables up to date. Costs one read if they already are. */
export function migrate(storage: DurableObjectStorage): void {
  // `PRAGMA user_version` is not allowed in a Durable Object, so the version is a value beside the tables.
  const done = storage.kv.get<number>("schema_version") ?? 0;
  if (done >= MIGRATIONS.length) return;
  storage.transactionSync(() => {
    for (const step of MIGRATIONS.slice(done)) storage.sql.exec(step);
    storage.kv.put("schema_version", MIGRATIONS.length);
  });
}
