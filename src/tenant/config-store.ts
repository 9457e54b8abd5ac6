import { type BudgetConfig, compilePolicy, type Policy } from "../core/index.ts";
import type { ConfigVersion } from "../wire/index.ts";

interface VersionRow extends Record<string, SqlStorageValue> {
  version: number;
  at: number;
  author: string | null;
  config: string;
}

const NOTHING_YET: ConfigVersion = { version: 0, at: null, author: null, config: {} };
const SELECT_VERSIONS = "SELECT version, at, author, config FROM config";

/** The tenant's configuration: every version is kept, the last one counts. */
export class ConfigStore {
  readonly #sql: SqlStorage;
  #current: { readonly version: ConfigVersion; readonly policy: Policy } | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get version(): ConfigVersion {
    return this.#load().version;
  }

  get policy(): Policy {
    return this.#load().policy;
  }

  /** Makes `config` the next version, which counts from now on. */
  replace(config: BudgetConfig, author: string | null, nowMs: number): ConfigVersion {
    const next = this.version.version + 1;
    const policy = compilePolicy(config);
    this.#sql.exec(
      "INSERT INTO config (version, at, author, config) VALUES (?, ?, ?, ?)",
      next,
      nowMs,
      author,
      JSON.stringify(config),
    );
    const version = { version: next, at: new Date(nowMs).toISOString(), author, config };
    this.#current = { version, policy };
    return version;
  }

  /** Versions after one, in order. */
  history(after: number, limit: number): ConfigVersion[] {
    return this.#sql
      .exec<VersionRow>(`${SELECT_VERSIONS} WHERE version > ? ORDER BY version LIMIT ?`, after, limit)
      .toArray()
      .map(versionFromRow);
  }

  /** Drops what is in memory, which the next use reads again. */
  forget(): void {
    this.#current = undefined;
  }

  #load() {
    if (!this.#current) {
      const [row] = this.#sql.exec<VersionRow>(`${SELECT_VERSIONS} ORDER BY version DESC LIMIT 1`);
      const version = row ? versionFromRow(row) : NOTHING_YET;
      this.#current = { version, policy: compilePolicy(version.config) };
    }
    return this.#current;
  }
}

function versionFromRow({ version, at, author, config }: VersionRow): ConfigVersion {
  return { version, at: new Date(at).toISOString(), author, config: JSON.parse(config) };
}
