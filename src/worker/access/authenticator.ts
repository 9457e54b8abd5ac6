/** Authenticates callers by their token. */
import type { AccessSettings } from "./environment.ts";
import type { Grant } from "./grant.ts";
import { IdentityProvider, PROVIDER_ALGORITHMS } from "./identity-provider.ts";
import type { SigningKey } from "./signing-keys.ts";
import { headerOf, unauthenticated, verifyToken } from "./tokens.ts";
import { VerifiedTokens } from "./verified-tokens.ts";

/** RFC 6750, section 2.1. */
const BEARER = /^Bearer +(\S+) *$/i;
const utf8 = new TextEncoder();

/** Verifies tokens, and caches them until they expire, so that a signature is checked once. */
export class Authenticator {
  readonly #settings: AccessSettings;
  readonly #provider: IdentityProvider | undefined;
  readonly #verified = new VerifiedTokens();

  constructor(settings: AccessSettings) {
    this.#settings = settings;
    this.#provider = settings.provider && new IdentityProvider(settings.provider);
  }

  /** The key that signs new tokens. */
  get signingKey(): SigningKey {
    return this.#settings.signingKeys[0];
  }

  /**
   * @returns the grant of the caller's token; undefined for the operator, who can do everything
   * @throws BudgetError `unauthenticated` or `token_expired` if the header has no valid token
   */
  authenticate(header: string | null): Grant | undefined | Promise<Grant> {
    const token = BEARER.exec(header ?? "")?.[1];
    if (token === undefined) throw unauthenticated("this call needs a token, as Authorization: Bearer TOKEN");
    const known = this.#verified.get(token);
    if (known) return known;
    return this.#isAdmin(token) ? undefined : this.#verify(token);
  }

  async #verify(token: string): Promise<Grant> {
    const isFromProvider = PROVIDER_ALGORITHMS.includes(headerOf(token).alg ?? "");
    const grant =
      isFromProvider && this.#provider
        ? await this.#provider.verify(token)
        : await verifyToken(token, this.#settings.signingKeys);
    this.#verified.put(token, grant);
    return grant;
  }

  /** Compares in constant time. A token of another length is compared with itself. */
  #isAdmin(token: string): boolean {
    const given = utf8.encode(token);
    let isAdmin = false;
    for (const expected of this.#settings.adminTokens) {
      const isSameLength = given.byteLength === expected.byteLength;
      const isEqual = crypto.subtle.timingSafeEqual(given, isSameLength ? expected : given);
      isAdmin = (isSameLength && isEqual) || isAdmin;
    }
    return isAdmin;
  }
}
