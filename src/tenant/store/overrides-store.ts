/** The overrides of buckets: own limits, raises and freezes. */
import type { BucketKey, Overrides, Scope } from "../../core/index.ts";

interface OverridesRow extends Record<string, SqlStorageValue> {
  overridden: string | null;
  raised: string | null;
  frozen: string | null;
}

interface Key extends Record<string, SqlStorageValue> {
  scope: string;
  subject: string;
}

const MAX_CACHED = 4096;

/** One row for each bucket that has overrides. A tenant without any costs one read in the object's lifetime. */
export class OverridesStore {
  readonly #sql: SqlStorage;
  #scopes: Set<Scope> | undefined;
  /** Null for a bucket without overrides. */
  readonly #cache = new Map<string, Overrides | null>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The scopes that have buckets with overrides. */
  scopes(): ReadonlySet<Scope> {
    this.#scopes ??= new Set(
      this.#sql
        .exec<{ scope: string }>("SELECT DISTINCT scope FROM control")
        .toArray()
        .map(({ scope }) => scope),
    );
    return this.#scopes;
  }

  get({ scope, subject }: BucketKey): Overrides | undefined {
    if (!this.scopes().has(scope)) return undefined;
    const id = `${scope} ${subject}`;
    const known = this.#cache.get(id);
    if (known !== undefined) return known ?? undefined;
    const [row] = this.#sql.exec<OverridesRow>(
      "SELECT overridden, raised, frozen FROM control WHERE scope = ? AND subject = ?",
      scope,
      subject,
    );
    const overrides = row && {
      scope,
      subject,
      maxima: row.overridden && JSON.parse(row.overridden),
      raise: row.raised && JSON.parse(row.raised),
      freeze: row.frozen && JSON.parse(row.frozen),
    };
    this.#cacheOverrides(id, overrides ?? null);
    return overrides;
  }

  /** Stores a bucket's overrides, or deletes its row if all of them are null. */
  put(overrides: Overrides): void {
    const { scope, subject, maxima, raise, freeze } = overrides;
    const isSet = maxima !== null || raise !== null || freeze !== null;
    if (isSet) {
      const json = (value: object | null) => value && JSON.stringify(value);
      this.#sql.exec(
        "INSERT OR REPLACE INTO control (scope, subject, overridden, raised, frozen) VALUES (?, ?, ?, ?, ?)",
        scope,
        subject,
        json(maxima),
        json(raise),
        json(freeze),
      );
    } else {
      this.#sql.exec("DELETE FROM control WHERE scope = ? AND subject = ?", scope, subject);
    }
    this.#scopes = undefined;
    this.#cacheOverrides(`${scope} ${subject}`, isSet ? overrides : null);
  }

  /** Deletes the overrides of the buckets that match. */
  deleteWhere(matches: (key: BucketKey) => boolean): void {
    for (const { scope, subject } of this.#sql.exec<Key>("SELECT scope, subject FROM control").toArray()) {
      if (matches({ scope, subject })) this.put({ scope, subject, maxima: null, raise: null, freeze: null });
    }
  }

  discard(): void {
    this.#scopes = undefined;
    this.#cache.clear();
  }

  #cacheOverrides(id: string, overrides: Overrides | null): void {
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#cache.set(id, overrides);
  }
}
