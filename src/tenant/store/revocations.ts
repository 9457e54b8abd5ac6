/** Revoked tokens. */

/** How many lookups are cached. */
const MAX_CACHED = 10_000;
/** How many rows each revocation scans for expired ones. */
const MAX_SWEPT = 100;

/** Caches lookups, including those of tokens that were not revoked. */
export class Revocations {
  readonly #sql: SqlStorage;
  /** When a token was revoked; null if it was not. */
  readonly #cache = new Map<string, number | null>();
  /** The last token that was scanned for expired rows. */
  #sweptTo = "";

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** When a token was revoked, in epoch milliseconds; undefined if it was not. */
  revokedAtMs(jti: string): number | undefined {
    let known = this.#cache.get(jti);
    if (known === undefined) {
      const query = "SELECT revoked_at FROM revoked_token WHERE jti = ?";
      known = this.#sql.exec<{ revoked_at: number }>(query, jti).toArray()[0]?.revoked_at ?? null;
      this.#cacheTime(jti, known);
    }
    return known ?? undefined;
  }

  /** @param expiresAtMs when the token is certain to have expired, so that its revocation can be deleted */
  revoke(jti: string, expiresAtMs: number, nowMs: number): void {
    this.#sql.exec("INSERT INTO revoked_token (jti, revoked_at, forget_at) VALUES (?, ?, ?)", jti, nowMs, expiresAtMs);
    this.#cacheTime(jti, nowMs);
    this.#sweep(nowMs);
  }

  discard(): void {
    this.#cache.clear();
    this.#sweptTo = "";
  }

  #cacheTime(jti: string, revokedAtMs: number | null): void {
    if (this.#cache.size >= MAX_CACHED) {
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    this.#cache.set(jti, revokedAtMs);
  }

  /** Deletes expired rows among the next `MAX_SWEPT`, so that they are deleted faster than new ones are added. */
  #sweep(nowMs: number): void {
    const { last } = this.#sql
      .exec<{ last: string | null }>(
        "SELECT max(jti) AS last FROM (SELECT jti FROM revoked_token WHERE jti > ? ORDER BY jti LIMIT ?)",
        this.#sweptTo,
        MAX_SWEPT,
      )
      .one();
    if (last !== null) {
      const query = "DELETE FROM revoked_token WHERE jti > ? AND jti <= ? AND forget_at <= ? RETURNING jti";
      for (const { jti } of this.#sql.exec<{ jti: string }>(query, this.#sweptTo, last, nowMs).toArray()) {
        this.#cache.delete(jti);
      }
    }
    this.#sweptTo = last ?? "";
  }
}
