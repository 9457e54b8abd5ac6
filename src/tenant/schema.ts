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
];

/** Brings the object's tables up to date. Costs one read where they are. */
export function migrate(storage: DurableObjectStorage): void {
  // `PRAGMA user_version` is not allowed in a Durable Object, so the version is a value beside the tables.
  const done = storage.kv.get<number>("schema_version") ?? 0;
  if (done === MIGRATIONS.length) return;
  storage.transactionSync(() => {
    for (const step of MIGRATIONS.slice(done)) storage.sql.exec(step);
    storage.kv.put("schema_version", MIGRATIONS.length);
  });
}
