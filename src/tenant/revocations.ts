/** The tokens that do not hold any more, in memory once one is asked for: they are few, and none is kept for ever. */
export class Revocations {
  readonly #sql: SqlStorage;
  #revokedAtMs: Map<string, number> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** When a token was revoked, in epoch milliseconds; undefined where it was not. */
  revokedAtMs(jti: string): number | undefined {
    this.#revokedAtMs ??= new Map(
      this.#sql
        .exec<{ jti: string; revoked_at: number }>("SELECT jti, revoked_at FROM revoked_token")
        .toArray()
        .map(({ jti, revoked_at }) => [jti, revoked_at]),
    );
    return this.#revokedAtMs.get(jti);
  }

  /** @param forgetAtMs when the token has expired whatever it says, so that nobody has to know of it any more */
  revoke(jti: string, forgetAtMs: number, nowMs: number): void {
    this.#sql.exec("DELETE FROM revoked_token WHERE forget_at <= ?", nowMs);
    this.#sql.exec("INSERT INTO revoked_token (jti, revoked_at, forget_at) VALUES (?, ?, ?)", jti, nowMs, forgetAtMs);
    this.#revokedAtMs = undefined;
  }

  /** Drops what is in memory, which the next question reads again. */
  forget(): void {
    this.#revokedAtMs = undefined;
  }
}
