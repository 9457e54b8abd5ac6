/** The tenant's configuration and its versions. */
import { type BudgetConfig, compilePolicy, type Policy } from "../../core/index.ts";
import type { ConfigVersion, Page } from "../../wire/index.ts";
import { takePage } from "./page-bounds.ts";

interface VersionRow extends Record<string, SqlStorageValue> {
  version: number;
  at: number;
  author: string | null;
  config: string;
}

const VERSION_0: ConfigVersion = { version: 0, at: null, author: null, config: {} };
const SELECT_VERSIONS = "SELECT version, at, author, config FROM config";

/** The stored configuration is no longer valid. */
export class InvalidConfigError extends Error {
  override name = "InvalidConfigError";
}

/** Keeps every version of the configuration. The last one is in force. */
export class ConfigStore {
  readonly #sql: SqlStorage;
  #version: ConfigVersion | undefined;
  /** That version's policy, or why it cannot be compiled. */
  #policy: Policy | InvalidConfigError | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get version(): ConfigVersion {
    if (!this.#version) {
      const [row] = this.#sql.exec<VersionRow>(`${SELECT_VERSIONS} ORDER BY version DESC LIMIT 1`);
      this.#version = row ? versionFromRow(row) : VERSION_0;
    }
    return this.#version;
  }

  /** @throws InvalidConfigError if the stored configuration is no longer valid */
  get policy(): Policy {
    const policy = this.#policyOrFault();
    if (policy instanceof InvalidConfigError) throw policy;
    return policy;
  }

  get isValid(): boolean {
    return !(this.#policyOrFault() instanceof InvalidConfigError);
  }

  /** Stores `config` as the next version, which is in force from now on. */
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
    this.#version = version;
    this.#policy = policy;
    return version;
  }

  /** A page of the versions after `after`, in order. */
  history(after: number, limit: number): Page<ConfigVersion> {
    const query = `${SELECT_VERSIONS} WHERE version > ? ORDER BY version LIMIT ?`;
    const { rows, hasMore } = takePage(this.#sql.exec<VersionRow>(query, after, limit + 1), limit);
    return { items: rows.map(versionFromRow), next: hasMore ? (rows.at(-1)?.version ?? null) : null };
  }

  renameAuthor(author: string, pseudonym: string): void {
    this.#sql.exec("UPDATE config SET author = ? WHERE author = ?", pseudonym, author);
    this.discard();
  }

  discard(): void {
    this.#version = undefined;
    this.#policy = undefined;
  }

  #policyOrFault(): Policy | InvalidConfigError {
    this.#policy ??= compileStored(this.version.config);
    return this.#policy;
  }
}

/** A configuration that was valid when it was stored can become invalid, for example if its time zone is withdrawn. */
function compileStored(config: BudgetConfig): Policy | InvalidConfigError {
  try {
    return compilePolicy(config);
  } catch (cause) {
    return new InvalidConfigError((cause as Error).message, { cause });
  }
}

function versionFromRow({ version, at, author, config }: VersionRow): ConfigVersion {
  return { version, at: new Date(at).toISOString(), author, config: JSON.parse(config) };
}
