/** Reads a single value by its name; undefined if there is none. */
export function keptValue(sql: SqlStorage, name: string): string | undefined {
  return sql.exec<{ value: string }>("SELECT value FROM kept_value WHERE name = ?", name).toArray()[0]?.value;
}

export function keepValue(sql: SqlStorage, name: string, value: string): void {
  sql.exec("INSERT OR REPLACE INTO kept_value (name, value) VALUES (?, ?)", name, value);
}

export function dropValue(sql: SqlStorage, name: string): void {
  sql.exec("DELETE FROM kept_value WHERE name = ?", name);
}
