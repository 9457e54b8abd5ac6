import { type BudgetConfig, compilePolicy, type Policy } from "../core/index.ts";

/** The tenant's configuration: every version is kept, the last one counts. */
export class ConfigStore {
  readonly #sql: SqlStorage;
  #current: { readonly config: BudgetConfig; readonly policy: Policy } | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get config(): BudgetConfig {
    return this.#load().config;
  }

  get policy(): Policy {
    return this.#load().policy;
  }

  /** Makes `config` the current version. */
  replace(config: BudgetConfig, nowMs: number): void {
    const policy = compilePolicy(config);
    this.#sql.exec("INSERT INTO config (at, config) VALUES (?, ?)", nowMs, JSON.stringify(config));
    this.#current = { config, policy };
  }

  /** Drops what is in memory, which the next use reads again. */
  forget(): void {
    this.#current = undefined;
  }

  #load() {
    if (!this.#current) {
      const [row] = this.#sql.exec<{ config: string }>("SELECT config FROM config ORDER BY version DESC LIMIT 1");
      const config: BudgetConfig = row ? JSON.parse(row.config) : {};
      this.#current = { config, policy: compilePolicy(config) };
    }
    return this.#current;
  }
}
