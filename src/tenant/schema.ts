/**
 * The object's tables, as an ordered list of steps that only ever grows: each runs once per object.
 *
 * Money is integer nano-USD, times are epoch milliseconds. `AUTOINCREMENT` is avoided, for it costs a second
 * row written for each insert.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE tenant (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     input_tokens INTEGER NOT NULL,
     output_tokens INTEGER NOT NULL,
     cost_nano_usd INTEGER NOT NULL,
     calls INTEGER NOT NULL,
     started_at INTEGER NOT NULL,
     users INTEGER NOT NULL,
     touches INTEGER NOT NULL
   ) STRICT;
   -- No rowid and no index: a bucket's row is the one row that a write to it costs.
   CREATE TABLE bucket (
     scope TEXT NOT NULL,
     subject TEXT NOT NULL,
     input_tokens INTEGER NOT NULL,
     output_tokens INTEGER NOT NULL,
     cost_nano_usd INTEGER NOT NULL,
     calls INTEGER NOT NULL,
     started_at INTEGER NOT NULL,
     touched_at INTEGER NOT NULL,
     touched_seq INTEGER NOT NULL,
     PRIMARY KEY (scope, subject)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE config (
     version INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     config TEXT NOT NULL
   ) STRICT;
   CREATE TABLE ledger (
     id INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     kind TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT;`,

  // Windows are counted within the bucket's own row, so that a charge stays one row whatever the limits.
  `ALTER TABLE tenant ADD COLUMN cache_read_input_tokens INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE tenant ADD COLUMN cache_write_input_tokens INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE tenant ADD COLUMN reasoning_output_tokens INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE tenant ADD COLUMN counters TEXT NOT NULL DEFAULT '{}';
   ALTER TABLE tenant ADD COLUMN bucket_counts TEXT NOT NULL DEFAULT '{}';
   UPDATE tenant SET bucket_counts = json_object('user', users);
   ALTER TABLE tenant DROP COLUMN users;
   ALTER TABLE bucket ADD COLUMN cache_read_input_tokens INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE bucket ADD COLUMN cache_write_input_tokens INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE bucket ADD COLUMN reasoning_output_tokens INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE bucket ADD COLUMN counters TEXT NOT NULL DEFAULT '{}';
   ALTER TABLE config ADD COLUMN author TEXT;
   CREATE TABLE control (
     scope TEXT NOT NULL,
     subject TEXT NOT NULL,
     overridden TEXT,
     raised TEXT,
     frozen TEXT,
     PRIMARY KEY (scope, subject)
   ) STRICT, WITHOUT ROWID;`,
];

/**
 * Brings the object's tables up to date. Costs one read where they are.
 *
 * @param target how many steps to take in all, which a test of a step sets
 */
export function migrate(storage: DurableObjectStorage, target = MIGRATIONS.length): void {
  // `PRAGMA user_version` is not allowed in a Durable Object, so the version is a value beside the tables.
  const done = storage.kv.get<number>("schema_version") ?? 0;
  if (done >= target) return;
  storage.transactionSync(() => {
    for (const step of MIGRATIONS.slice(done, target)) storage.sql.exec(step);
    storage.kv.put("schema_version", target);
  });
}
