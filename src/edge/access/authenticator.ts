import type { AccessSettings } from "../settings.ts";
import type { Grant } from "./grant.ts";
import { IdentityProvider, PROVIDER_ALGORITHMS } from "./identity-provider.ts";
import type { SigningKey } from "./signing-keys.ts";
import { CLOCK_SKEW_SECONDS, headerOf, unauthenticated, verifyToken } from "./tokens.ts";

/** How many verified tokens an isolate remembers; the one verified first goes first. */
const MAX_REMEMBERED = 10_000;

/** Nothing else comes before a token (RFC 6750, section 2.1). */
const BEARER = /^Bearer +(\S+) *$/i;
const utf8 = new TextEncoder();

/** Tells who calls. A verified token is remembered until it expires, so that its signature costs once. */
export class Authenticator {
  readonly #settings: AccessSettings;
  readonly #provider: IdentityProvider | undefined;
  readonly #remembered = new Map<string, Grant>();

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
   * @throws BudgetError `unauthenticated` where the header has no token that is good now
   */
  authenticate(header: string | null): Grant | undefined | Promise<Grant> {
    const remembered = header === null ? undefined : this.#remembered.get(header);
    if (header !== null && remembered) {
      if (Date.now() < remembered.expiresAtMs + CLOCK_SKEW_SECONDS * 1000) return remembered;
      this.#remembered.delete(header);
    }
    const token = BEARER.exec(header ?? "")?.[1];
    if (token === undefined) throw unauthenticated("this call needs a token, as Authorization: Bearer TOKEN");
    return this.#isAdmin(token) ? undefined : this.#verify(header as string, token);
  }

  async #verify(header: string, token: string): Promise<Grant> {
    const isProviders = PROVIDER_ALGORITHMS.includes(headerOf(token).alg ?? "");
    const grant =
      isProviders && this.#provider
        ? await this.#provider.verify(token)
        : await verifyToken(token, this.#settings.signingKeys);
    if (this.#remembered.size >= MAX_REMEMBERED) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(header, grant);
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
