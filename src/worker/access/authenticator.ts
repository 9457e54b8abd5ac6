import type { AccessSettings } from "./environment.ts";
import type { Grant } from "./grant.ts";
import { IdentityProvider, PROVIDER_ALGORITHMS } from "./identity-provider.ts";
import type { SigningKey } from "./signing-keys.ts";
import { headerOf, unauthenticated, verifyToken } from "./tokens.ts";
import { VerifiedTokens } from "./verified-tokens.ts";

/** Nothing else comes before a token (RFC 6750, section 2.1). */
const BEARER = /^Bearer +(\S+) *$/i;
const utf8 = new TextEncoder();

/** Tells who calls. A verified token is remembered until it expires, so that its signature costs once. */
export class Authenticator {
  readonly #settings: AccessSettings;
  readonly #provider: IdentityProvider | undefined;
  readonly #verified = new VerifiedTokens();

  constructor(settings: AccessSettings) {
    this.#settings = settings;
    this.#provider = settings.provider && new IdentityProvider(settings.provider);
  }

  /** What new tokens are signed with. */
  get signingKey(): SigningKey {
    return this.#settings.signingKeys[0];
  }

  /**
   * What the caller may do; undefined for the operator, who may do everything.
   *
   * @throws BudgetError `unauthenticated` or `token_expired` if the header has no token that is valid now
   */
  authenticate(header: string | null): Grant | undefined | Promise<Grant> {
    const token = BEARER.exec(header ?? "")?.[1];
    if (token === undefined) throw unauthenticated("this call needs a token, as Authorization: Bearer TOKEN");
    const known = this.#verified.get(token);
    if (known) return known;
    return this.#isAdmin(token) ? undefined : this.#verify(token);
  }

  async #verify(token: string): Promise<Grant> {
    const isProviders = PROVIDER_ALGORITHMS.includes(headerOf(token).alg ?? "");
    const grant =
      isProviders && this.#provider
        ? await this.#provider.verify(token)
        : await verifyToken(token, this.#settings.signingKeys);
    this.#verified.put(token, grant);
    return grant;
  }

  /** Takes the same time wherever the two differ; a token of another length is compared with itself. */
  #isAdmin(token: string): boolean {
    const given = utf8.encode(token);
    let isAdmin = false;
    for (const expected of this.#settings.adminTokens) {
      const isLong = given.byteLength === expected.byteLength;
      const isEqual = crypto.subtle.timingSafeEqual(given, isLong ? expected : given);
      isAdmin = (isLong && isEqual) || isAdmin;
    }
    return isAdmin;
  }
}
