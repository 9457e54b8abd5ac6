/** The settings for authentication, from the Worker's variables and secrets. */
import { BudgetError } from "../../wire/index.ts";
import { parseOrigins, TAKES_ORIGINS } from "../cors.ts";
import { type ProviderSettings, parseProvider } from "./provider-settings.ts";
import { parseSigningKeys, type SigningKey } from "./signing-keys.ts";

/** The variables and secrets. On a self-hosted service, any of them can be missing. */
export type AccessEnv = Partial<
  Pick<
    Cloudflare.Env,
    "ADMIN_TOKEN" | "TOKEN_SECRET" | "JWKS_URL" | "JWKS_ISSUER" | "JWKS_AUDIENCE" | "JWKS_CLAIMS" | "CORS_ORIGINS"
  >
>;

export interface AccessSettings {
  /** The operator's tokens as bytes: more than one during a rotation. */
  readonly adminTokens: readonly Uint8Array[];
  /** The first key signs; all keys verify. */
  readonly signingKeys: readonly [SigningKey, ...SigningKey[]];
  readonly provider: ProviderSettings | undefined;
}

const MIN_ADMIN_TOKEN_LENGTH = 32;

/** @throws BudgetError `not_configured` that names the first invalid setting and what it takes, never its value */
export function readAccessSettings(env: AccessEnv): AccessSettings {
  const adminTokens = (env.ADMIN_TOKEN ?? "").split(",").filter(Boolean);
  if (adminTokens.length === 0 || adminTokens.some((token) => token.length < MIN_ADMIN_TOKEN_LENGTH)) {
    throw notConfigured("ADMIN_TOKEN", `${MIN_ADMIN_TOKEN_LENGTH} or more random characters`);
  }
  const signingKeys = parseSigningKeys(env.TOKEN_SECRET ?? "");
  if (!signingKeys) {
    throw notConfigured(
      "TOKEN_SECRET",
      "kid:secret, or kid2:new,kid1:old during a rotation, each secret 32 or more random characters",
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
