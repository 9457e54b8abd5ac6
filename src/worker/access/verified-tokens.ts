/** A cache of verified tokens. */
import { CLOCK_SKEW_SECONDS, type Grant } from "./grant.ts";

const MAX_TOKENS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The tokens that this isolate has verified, so that a signature is checked once. Bounded by their number and size; the
 * one verified first is evicted first.
 */
export class VerifiedTokens {
  readonly #maxTokens: number;
  readonly #maxBytes: number;
  readonly #grants = new Map<string, Grant>();
  #bytes = 0;

  constructor(maxTokens = MAX_TOKENS, maxBytes = MAX_BYTES) {
    this.#maxTokens = maxTokens;
    this.#maxBytes = maxBytes;
  }

  /** A token's grant; undefined if it is not cached or has expired. */
  get(token: string): Grant | undefined {
    const grant = this.#grants.get(token);
    if (!grant || Date.now() < grant.expiresAtMs + CLOCK_SKEW_SECONDS * 1000) return grant;
    this.#delete(token);
    return undefined;
  }

  put(token: string, grant: Grant): void {
    this.#delete(token);
    // A copy: a substring of the header would keep the whole header in memory.
    const text = new TextDecoder().decode(new TextEncoder().encode(token));
    this.#grants.set(text, grant);
    this.#bytes += text.length;
    for (const [oldest] of this.#grants) {
      if (this.#grants.size <= this.#maxTokens && this.#bytes <= this.#maxBytes) return;
      this.#delete(oldest);
    }
  }

  get size(): number {
    return this.#grants.size;
  }

  #delete(token: string): void {
    if (this.#grants.delete(token)) this.#bytes -= token.length;
  }
}
