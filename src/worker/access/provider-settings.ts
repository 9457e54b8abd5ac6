import { TOKEN_SCOPES } from "../../wire/index.ts";

/** The variables that describe the provider. */
type ProviderEnv = Partial<Pick<Cloudflare.Env, "JWKS_URL" | "JWKS_ISSUER" | "JWKS_AUDIENCE" | "JWKS_CLAIMS">>;

/** Where one of our claims comes from: another's claim, or a value that is the same for every token. */
export type ClaimSource = { readonly claim: string } | { readonly value: string };

/** A customer's own identity provider. */
export interface ProviderSettings {
  readonly jwksUrl: URL;
  readonly issuer: string;
  readonly audience: string;
  /** `tenant` and `scope`, and if tokens are to be bound, `user`, `labels.NAME` and `free_labels`. */
  readonly claims: ReadonlyMap<string, ClaimSource>;
}

/**
 * Reads the provider's settings; undefined where there is none, and where they are not whole a sentence that says what
 * they take. Issuer and audience have to be set: without them, a token that the provider made for another service
 * would be good here.
 */
export function parseProvider(env: ProviderEnv): ProviderSettings | undefined | string {
  const { JWKS_URL: url = "", JWKS_ISSUER: issuer = "", JWKS_AUDIENCE: audience = "", JWKS_CLAIMS: mapping = "" } = env;
  if (url === "") return undefined;
  const jwksUrl = URL.parse(url);
  if (!jwksUrl || !isPrivateToUs(jwksUrl)) return "the https address of a JSON Web Key Set";
  if (issuer === "" || audience === "") return "JWKS_ISSUER and JWKS_AUDIENCE beside it";
  const claims = parseClaims(mapping);
  return claims
    ? { jwksUrl, issuer, audience, claims }
    : 'JWKS_CLAIMS beside it, such as tenant=org_id user=sub scope="check consume"';
}

/** Keys that came over the open net in plain text could be anybody's. */
function isPrivateToUs({ protocol, hostname }: URL): boolean {
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
