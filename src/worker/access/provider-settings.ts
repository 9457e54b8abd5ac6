/** The settings of a customer's own identity provider. */
import { TOKEN_SCOPES } from "../../wire/index.ts";

type ProviderEnv = Partial<Pick<Cloudflare.Env, "JWKS_URL" | "JWKS_ISSUER" | "JWKS_AUDIENCE" | "JWKS_CLAIMS">>;

/** The source of one of our claims: a claim of the provider, or a fixed value. */
export type ClaimSource = { readonly claim: string } | { readonly value: string };

export interface ProviderSettings {
  readonly jwksUrl: URL;
  readonly issuer: string;
  readonly audience: string;
  /** By our claim's name: `tenant` and `scope`, and to bind tokens `user`, `labels.NAME` and `free_labels`. */
  readonly claims: ReadonlyMap<string, ClaimSource>;
}

/**
 * Issuer and audience are required: without them, a token that the provider issued for another service would be
 * accepted.
 *
 * @returns undefined if there is no provider; if a setting is missing or not valid, what it takes
 */
export function parseProvider(env: ProviderEnv): ProviderSettings | undefined | string {
  const { JWKS_URL: url = "", JWKS_ISSUER: issuer = "", JWKS_AUDIENCE: audience = "", JWKS_CLAIMS: mapping = "" } = env;
  if (url === "") return undefined;
  const jwksUrl = URL.parse(url);
  if (!jwksUrl || !isTrustworthy(jwksUrl)) return "the https address of a JSON Web Key Set";
  if (issuer === "" || audience === "") return "JWKS_ISSUER and JWKS_AUDIENCE beside it";
  const claims = parseClaims(mapping);
  return claims
    ? { jwksUrl, issuer, audience, claims }
    : 'JWKS_CLAIMS beside it, such as tenant=org_id user=sub scope="check consume"';
}

/** Keys fetched in plain text over a network could be forged. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname));
}

const OURS = /^(tenant|user|scope|free_labels|labels\.[a-z][a-z0-9_]{0,63})$/;
const PAIR = /([^\s=]+)=(?:"([^"]*)"|(\S+))/g;

function parseClaims(mapping: string): ReadonlyMap<string, ClaimSource> | undefined {
  const claims = new Map<string, ClaimSource>();
  if (mapping.replaceAll(PAIR, "").trim() !== "") return undefined;
  for (const [, ours = "", value, claim = ""] of mapping.matchAll(PAIR)) {
    if (!OURS.test(ours) || claims.has(ours)) return undefined;
    claims.set(ours, value === undefined ? { claim } : { value });
  }
  const scope = claims.get("scope");
  const isKnown = (word: string) => (TOKEN_SCOPES as readonly string[]).includes(word);
  if (scope && "value" in scope && !scope.value.split(" ").every(isKnown)) return undefined;
  return scope && claims.has("tenant") ? claims : undefined;
}
