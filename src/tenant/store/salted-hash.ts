/** Hashes with a secret salt. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

const SALT_BYTES = 32;

/**
 * SHA-256 with the tenant's own salt, which no response contains: equal texts have equal hashes, and nobody can find a
 * text by trying. It uses a library because the platform's SHA-256 is asynchronous.
 */
export class SaltedHash {
  readonly #sql: SqlStorage;
  #salt: string | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** A hash begins with `#`. */
  of(text: string): string {
    this.#salt ??= this.#load() ?? this.#create();
    return `#${bytesToHex(sha256(utf8ToBytes(this.#salt + text)))}`;
  }

  discard(): void {
    this.#salt = undefined;
  }

  #load(): string | undefined {
    return this.#sql.exec<{ salt: string }>("SELECT salt FROM hash_salt").toArray()[0]?.salt;
  }

  #create(): string {
    const salt = bytesToHex(crypto.getRandomValues(new Uint8Array(SALT_BYTES)));
    this.#sql.exec("INSERT INTO hash_salt (id, salt) VALUES (1, ?)", salt);
    return salt;
  }
}
