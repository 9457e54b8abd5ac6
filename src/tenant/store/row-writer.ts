/** Writes many rows with few statements. */

/** The most parameters of one statement. https://developers.cloudflare.com/durable-objects/platform/limits */
const MAX_PARAMETERS = 100;

/** Puts as many rows into a table with each statement as it can take: a statement costs more than a row. */
export class RowWriter {
  readonly #sql: SqlStorage;
  readonly #table: string;
  readonly #key: readonly string[];
  readonly #columns: readonly string[];
  /** By their number of rows. */
  readonly #statements = new Map<number, string>();

  /**
   * @param key the columns of the table's key; a row with an existing key replaces that row
   * @param columns all other columns
   */
  constructor(sql: SqlStorage, table: string, key: readonly string[], columns: readonly string[]) {
    this.#sql = sql;
    this.#table = table;
    this.#key = key;
    this.#columns = columns;
  }

  /** @param rows the values of the key's columns, then those of the other columns */
  put(rows: readonly (readonly SqlStorageValue[])[]): void {
    const most = Math.floor(MAX_PARAMETERS / (this.#key.length + this.#columns.length));
    for (let start = 0; start < rows.length; start += most) {
      const some = rows.slice(start, start + most);
      this.#sql.exec(this.#statement(some.length), ...some.flat());
    }
  }

  #statement(rows: number): string {
    const known = this.#statements.get(rows);
    if (known !== undefined) return known;
    const all = [...this.#key, ...this.#columns];
    const row = `(${all.map(() => "?").join(", ")})`;
    const updates = this.#columns.map((column) => `${column} = excluded.${column}`).join(", ");
    const statement = `INSERT INTO ${this.#table} (${all.join(", ")}) VALUES ${Array(rows).fill(row).join(", ")}
      ON CONFLICT (${this.#key.join(", ")}) DO UPDATE SET ${updates}`;
    this.#statements.set(rows, statement);
    return statement;
  }
}
