import type { BucketKey, Control, Scope } from "../core/index.ts";

interface ControlRow extends Record<string, SqlStorageValue> {
  overridden: string | null;
  raised: string | null;
  frozen: string | null;
}

interface Key extends Record<string, SqlStorageValue> {
  scope: string;
  subject: string;
}

/** How many controls memory keeps. */
const MAX_CACHED = 4096;

/** What operators have set for buckets, a row each. A tenant without any costs one read while the object lives. */
export class ControlStore {
  readonly #sql: SqlStorage;
  #scopes: Set<Scope> | undefined;
  /** Null where a bucket is known to have none. */
  readonly #cache = new Map<string, Control | null>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The scopes in which something is set for some bucket. */
  scopes(): ReadonlySet<Scope> {
    this.#scopes ??= new Set(
      this.#sql
        .exec<{ scope: string }>("SELECT DISTINCT scope FROM control")
        .toArray()
        .map(({ scope }) => scope),
    );
    return this.#scopes;
  }

  get({ scope, subject }: BucketKey): Control | undefined {
    if (!this.scopes().has(scope)) return undefined;
    const id = `${scope} ${subject}`;
    const known = this.#cache.get(id);
    if (known !== undefined) return known ?? undefined;
    const [row] = this.#sql.exec<ControlRow>(
      "SELECT overridden, raised, frozen FROM control WHERE scope = ? AND subject = ?",
      scope,
      subject,
    );
    const control = row && {
      scope,
      subject,
      override: row.overridden && JSON.parse(row.overridden),
      raise: row.raised && JSON.parse(row.raised),
      freeze: row.frozen && JSON.parse(row.frozen),
    };
    this.#remember(id, control ?? null);
    return control;
  }

  /** Keeps what is set for a bucket; where that is nothing, forgets it. */
  put(control: Control): void {
    const { scope, subject, override, raise, freeze } = control;
    const isSet = override !== null || raise !== null || freeze !== null;
    if (isSet) {
      const json = (value: object | null) => value && JSON.stringify(value);
      this.#sql.exec(
        "INSERT OR REPLACE INTO control (scope, subject, overridden, raised, frozen) VALUES (?, ?, ?, ?, ?)",
        scope,
        subject,
        json(override),
        json(raise),
        json(freeze),
      );
    } else {
      this.#sql.exec("DELETE FROM control WHERE scope = ? AND subject = ?", scope, subject);
    }
    this.#scopes = undefined;
    this.#remember(`${scope} ${subject}`, isSet ? control : null);
  }

  /** Forgets what is set for the buckets that are meant. */
  drop(isMeant: (key: BucketKey) => boolean): void {
    for (const { scope, subject } of this.#sql.exec<Key>("SELECT scope, subject FROM control").toArray()) {
      if (isMeant({ scope, subject })) this.put({ scope, subject, override: null, raise: null, freeze: null });
    }
  }

  /** Drops what is in memory, which the next use reads again. */
  forget(): void {
    this.#scopes = undefined;
    this.#cache.clear();
  }

  #remember(id: string, control: Control | null): void {
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#cache.set(id, control);
  }
}
