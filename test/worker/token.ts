/** Signs tokens for tests, and reads the tenant from a path. */
import { type JWTPayload, SignJWT } from "jose";
import { SECRETS } from "./secrets.ts";

const [NEW = "", OLD = ""] = SECRETS.TOKEN_SECRET.split(",").map((pair) => pair.replace(/^\w+:/, ""));
export const KEYS = { new: NEW, old: OLD };

export const ALL_SCOPES = "check consume reserve read configure admin";

/** Signs claims as the service does, unless the header overrides it. */
export function sign(
  claims: JWTPayload,
  header: { kid?: string; alg?: string; secret?: string } = {},
): Promise<string> {
  const { kid = "new", alg = "HS256", secret = NEW } = header;
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, exp: now + 600, jti: crypto.randomUUID(), scope: ALL_SCOPES, ...claims })
    .setProtectedHeader({ alg, ...(kid && { kid }) })
    .sign(new TextEncoder().encode(secret));
}

/** The header that carries a token. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The tenant that a path names. */
export const tenantOf = (path: string) => decodeURIComponent(path.split("/")[3] ?? "");
