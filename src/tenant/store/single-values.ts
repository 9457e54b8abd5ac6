/** Single values by name, such as the progress of an erasure. */

export function getValue(sql: SqlStorage, name: string): string | undefined {
  return sql.exec<{ value: string }>("SELECT value FROM kept_value WHERE name = ?", name).toArray()[0]?.value;
}

export function putValue(sql: SqlStorage, name: string, value: string): void {
  sql.exec("INSERT OR REPLACE INTO kept_value (name, value) VALUES (?, ?)", name, value);
}

export function deleteValue(sql: SqlStorage, name: string): void {
  sql.exec("DELETE FROM kept_value WHERE name = ?", name);
}
