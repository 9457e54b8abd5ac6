/** How many tokens are remembered, revoked or not. */
const MAX_KNOWN = 10_000;
/** How many rows each revocation looks through for expired ones. */
const MAX_SWEPT = 100;

/** Revoked tokens, each looked up by its key and remembered for as long as there is room. */
export class Revocations {
  readonly #sql: SqlStorage;
  /** When a token was revoked; null if it was not. */
  readonly #known = new Map<string, number | null>();
  /** Up to which token the rows were looked through. */
  #sweptTo = "";

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** When a token was revoked, in epoch milliseconds; undefined if it was not. */
  revokedAtMs(jti: string): number | undefined {
    let known = this.#known.get(jti);
    if (known === undefined) {
      const query = "SELECT revoked_at FROM revoked_token WHERE jti = ?";
      known = this.#sql.exec<{ revoked_at: number }>(query, jti).toArray()[0]?.revoked_at ?? null;
      this.#remember(jti, known);
    }
    return known ?? undefined;
  }

  /** @param forgetAtMs when the token has expired whatever it says, so that its revocation can be dropped */
  revoke(jti: string, forgetAtMs: number, nowMs: number): void {
    this.#sql.exec("INSERT INTO revoked_token (jti, revoked_at, forget_at) VALUES (?, ?, ?)", jti, nowMs, forgetAtMs);
    this.#remember(jti, nowMs);
    this.#sweep(nowMs);
  }

  /** Drops what is in memory, which the next question reads again. */
  discard(): void {
    this.#known.clear();
    this.#sweptTo = "";
  }

  #remember(jti: string, revokedAtMs: number | null): void {
    if (this.#known.size >= MAX_KNOWN) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(jti, revokedAtMs);
  }

  /** Drops expired rows among the next ones, so that they go faster than new ones come. */
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
        this.#known.delete(jti);
      }
    }
    this.#sweptTo = last ?? "";
  }
}
