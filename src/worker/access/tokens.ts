/** Signs and verifies this service's own tokens. */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { BudgetError, MAX_TOKEN_SECONDS } from "../../wire/index.ts";
import { grantOf } from "./claims.ts";
import { CLOCK_SKEW_SECONDS, type Grant } from "./grant.ts";
import type { SigningKey } from "./signing-keys.ts";

const ALGORITHM = "HS256";

export function signToken({ kid, secret }: SigningKey, grant: Grant & { readonly jti: string }): Promise<string> {
  const { tenant, user, labels, freeLabels, scopes, jti, ancestors, expiresAtMs } = grant;
  const claims = {
    tenant,
    ...(user !== undefined && { user }),
    ...(labels && { labels }),
    ...(freeLabels && { free_labels: freeLabels }),
    ...(ancestors.length > 0 && { anc: ancestors }),
    scope: [...scopes].join(" "),
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT", kid })
    .setJti(jti)
    .setIssuedAt()
    .setExpirationTime(Math.floor(expiresAtMs / 1000))
    .sign(secret);
}

const isWrongKey = (error: unknown) => error instanceof errors.JWSSignatureVerificationFailed;

/**
 * Verifies a token with the key that it names, or with each key if it names none.
 *
 * @throws BudgetError `unauthenticated` or `token_expired` if the token is not valid
 */
export async function verifyToken(token: string, keys: readonly SigningKey[]): Promise<Grant> {
  const { kid } = headerOf(token);
  const candidates = kid === undefined ? keys : keys.filter((key) => key.kid === kid);
  for (const { secret } of candidates) {
    try {
      const { payload } = await jwtVerify(token, secret, {
        algorithms: [ALGORITHM],
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ["exp", "jti"],
      });
      return requireGrant(payload);
    } catch (error) {
      if (!isWrongKey(error)) throw tokenError(error);
    }
  }
  throw unauthenticated("the token is not signed by a key of this service");
}

/** @throws BudgetError `unauthenticated` if the text is not a JWT */
export function headerOf(token: string): { alg?: string | undefined; kid?: string | undefined } {
  try {
    return decodeProtectedHeader(token);
  } catch (error) {
    throw tokenError(error);
  }
}

/** @throws BudgetError `unauthenticated` that names the claim at fault */
export function requireGrant(claims: JWTPayload): Grant {
  const grant = grantOf(claims);
  if (typeof grant === "string") throw unauthenticated(`the token's claim ${grant} is missing or not valid`);
  if (grant.expiresAtMs > Date.now() + (MAX_TOKEN_SECONDS + CLOCK_SKEW_SECONDS) * 1000) {
    throw unauthenticated(`the token's lifetime exceeds the maximum of ${MAX_TOKEN_SECONDS} seconds`);
  }
  return grant;
}

/** Converts an error of jose's into a problem. */
export function tokenError(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return tokenExpired(error.payload.exp);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return unauthenticated(`the token's claim ${error.claim} is missing or not valid`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return unauthenticated("the token is signed with an algorithm that this service does not accept");
  }
  if (isWrongKey(error) || error instanceof errors.JWKSNoMatchingKey) {
    return unauthenticated("the token is not signed by a key of this service");
  }
  if (error instanceof errors.JOSEError || error instanceof TypeError) {
    return unauthenticated("the text after Bearer is not a valid token");
  }
  return error;
}

function tokenExpired(exp: number | undefined): BudgetError {
  const expiry = new Date((exp ?? 0) * 1000);
  // A number such as -1e20 is not a date.
  const detail = Number.isNaN(expiry.valueOf())
    ? `the token expired: its claim exp is ${exp}`
    : `the token expired at ${expiry.toISOString()}`;
  return new BudgetError({ code: "token_expired", detail });
}

export function unauthenticated(detail: string): BudgetError {
  return new BudgetError({ code: "unauthenticated", detail });
}
