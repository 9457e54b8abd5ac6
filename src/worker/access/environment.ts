/** Who may call, as the Worker's variables and secrets say. */
import { BudgetError } from "../../wire/index.ts";
import { parseOrigins, TAKES_ORIGINS } from "../cors.ts";
import { type ProviderSettings, parseProvider } from "./provider-settings.ts";
import { parseSigningKeys, type SigningKey } from "./signing-keys.ts";

/** What the service is set up with. On a host of one's own, any of it can be missing. */
export type AccessEnv = Partial<
  Pick<
    Cloudflare.Env,
    "ADMIN_TOKEN" | "TOKEN_SECRET" | "JWKS_URL" | "JWKS_ISSUER" | "JWKS_AUDIENCE" | "JWKS_CLAIMS" | "CORS_ORIGINS"
  >
>;

/** Who may call, made ready for use. */
export interface AccessSettings {
  /** The operator's tokens as bytes; more than one while one is being replaced. */
  readonly adminTokens: readonly Uint8Array[];
  /** The first signs, each verifies. */
  readonly signingKeys: readonly [SigningKey, ...SigningKey[]];
  readonly provider: ProviderSettings | undefined;
}

const MIN_ADMIN_TOKEN_LENGTH = 32;

/**
 * Reads who may call.
 *
 * @throws BudgetError `not_configured` that names the first setting at fault and what it takes, never its value
 */
export function readAccessSettings(env: AccessEnv): AccessSettings {
  const adminTokens = (env.ADMIN_TOKEN ?? "").split(",").filter(Boolean);
  if (adminTokens.length === 0 || adminTokens.some((token) => token.length < MIN_ADMIN_TOKEN_LENGTH)) {
    throw notConfigured("ADMIN_TOKEN", `${MIN_ADMIN_TOKEN_LENGTH} or more characters that nobody can guess`);
  }
  const signingKeys = parseSigningKeys(env.TOKEN_SECRET ?? "");
  if (!signingKeys) {
    throw notConfigured(
      "TOKEN_SECRET",
      "kid:secret, or kid2:new,kid1:old while it is being replaced, each secret 32 or more characters that nobody can guess",
    );
  }
  const provider = parseProvider(env);
  if (typeof provider === "string") throw notConfigured("JWKS_URL", provider);
  if (!parseOrigins(env.CORS_ORIGINS ?? "")) throw notConfigured("CORS_ORIGINS", TAKES_ORIGINS);
  return { adminTokens: adminTokens.map((token) => new TextEncoder().encode(token)), signingKeys, provider };
}

function notConfigured(name: string, takes: string): BudgetError {
  return new BudgetError({ code: "not_configured", detail: `${name} is missing or not valid: it takes ${takes}` });
}
