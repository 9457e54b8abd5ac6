import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

const SALT_BYTES = 32;

/**
 * Hashes text with a salt of the tenant's own, which no answer and no export shows: equal texts can be recognised, and
 * nobody can find one by trying. SHA-256 of its own library, since the platform's is asynchronous.
 */
export class SaltedHash {
  readonly #sql: SqlStorage;
  #salt: string | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Begins with a `#`. */
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
