/** Export and deletion of everything stored for a tenant. */
import { BudgetError, type ExportedRow, inputRefusal, type Page } from "../../wire/index.ts";
import { takePage } from "./page-bounds.ts";

/** Every table, with its key's columns, by which rows are ordered. */
const TABLES: readonly (readonly [table: string, key: readonly string[]])[] = [
  ["tenant", ["id"]],
  ["config", ["version"]],
  ["control", ["scope", "subject"]],
  ["bucket", ["scope", "subject"]],
  ["reservation", ["id"]],
  ["ledger", ["first_id"]],
  ["carried", ["scope", "subject"]],
  ["idempotency", ["half_day", "key"]],
  ["revoked_token", ["jti"]],
  ["kept_value", ["name"]],
];
/** The salt would allow guesses at the ids behind hashes. */
const NOT_EXPORTED = ["hash_salt"] as const;
/** Columns that hold JSON. */
const JSON_COLUMNS: ReadonlySet<string> = new Set([
  "counters",
  "bucket_counts",
  "config",
  "overridden",
  "raised",
  "frozen",
  "hold",
  "entries",
  "usage",
  "request",
  "answer",
]);
const PAGE = 200;

/**
 * A page of the stored rows, table by table.
 *
 * @param after the `next` of the previous page: a table's place and the key of its last row, as JSON; empty for the first
 */
export function dump(sql: SqlStorage, after: string): Page<ExportedRow, string> {
  const [place, ...key] = (after === "" ? [0] : JSON.parse(after)) as [number, ...SqlStorageValue[]];
  const [table, columns] = TABLES[place] ?? [];
  if (!table || !columns) return { items: [], next: null };
  if (key.length > 0 && key.length !== columns.length) {
    throw new BudgetError(
      inputRefusal([{ pointer: "/after", detail: 'takes the value of "next" in the previous page' }]),
    );
  }
  const order = columns.join(", ");
  const where = key.length === 0 ? "" : `WHERE (${order}) > (${columns.map(() => "?").join(", ")})`;
  const found = sql.exec(`SELECT * FROM ${table} ${where} ORDER BY ${order} LIMIT ${PAGE + 1}`, ...key);
  const { rows, hasMore } = takePage(found, PAGE);
  const last = rows.at(-1);
  const next = last && hasMore ? [place, ...columns.map((column) => last[column])] : [place + 1];
  return {
    items: rows.map((row) => ({ table, row: readRow(row) })),
    next: next[0] === TABLES.length ? null : JSON.stringify(next),
  };
}

/** Deletes every row except those of revoked tokens, which must not become valid again. */
export function empty(sql: SqlStorage): void {
  for (const [table] of TABLES) if (table !== "revoked_token") sql.exec(`DELETE FROM ${table}`);
  for (const table of NOT_EXPORTED) sql.exec(`DELETE FROM ${table}`);
}

function readRow(row: Readonly<Record<string, SqlStorageValue>>): ExportedRow["row"] {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, readValue(column, value)]));
}

function readValue(column: string, value: SqlStorageValue): unknown {
  // An erased user's request is stored as a hash. On a second line, every request has the token that it came with.
  const isJson = typeof value === "string" && JSON_COLUMNS.has(column) && !value.startsWith("#");
  return isJson ? JSON.parse(column === "request" ? (value.split("\n")[0] ?? "") : value) : value;
}
