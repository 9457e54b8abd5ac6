import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { BudgetError } from "../../wire/index.ts";
import type { Grant } from "./grant.ts";
import type { ClaimSource, ProviderSettings } from "./provider-settings.ts";
import { CLOCK_SKEW_SECONDS, requireGrant, tokenError } from "./tokens.ts";

/** What providers sign with. None of these can be mistaken for a secret of ours. */
export const PROVIDER_ALGORITHMS = ["RS256", "ES256"];

/** Verifies the tokens of a customer's own identity provider. Its keys are fetched once and kept, in this isolate. */
export class IdentityProvider {
  readonly #settings: ProviderSettings;
  readonly #keys: JWTVerifyGetKey;

  constructor(settings: ProviderSettings) {
    this.#settings = settings;
    this.#keys = createRemoteJWKSet(settings.jwksUrl);
  }

  /**
   * @throws BudgetError `unauthenticated` that says what is wrong with the token, or `unavailable` where the keys cannot
   *   be fetched
   */
  async verify(token: string): Promise<Grant> {
    const { issuer, audience, claims } = this.#settings;
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.#keys, {
        algorithms: PROVIDER_ALGORITHMS,
        issuer,
        audience,
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ["exp"],
      }));
    } catch (error) {
      throw isFetchFailure(error) ? providerUnavailable(error) : tokenError(error);
    }
    return requireGrant(mapClaims(payload, claims));
  }
}

/** jose has no class of its own for an answer that was no key set, and what `fetch` throws is none of jose's. */
function isFetchFailure(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  return !(error instanceof errors.JOSEError) || error.code === errors.JOSEError.code;
}

function providerUnavailable(cause: unknown): BudgetError {
  return new BudgetError(
    { code: "unavailable", detail: "the identity provider's keys cannot be fetched now" },
    { cause },
  );
}

/** Puts another's claims in the place of ours. What is mapped and missing stays missing, and is refused as such. */
function mapClaims(payload: JWTPayload, mapping: ReadonlyMap<string, ClaimSource>): Record<string, unknown> {
  const { exp, jti } = payload;
  const labels: Record<string, unknown> = {};
  const claims: Record<string, unknown> = { exp, jti };
  for (const [ours, source] of mapping) {
    // Null and not undefined: a binding that the token lacks must not turn into no binding.
    const value = "value" in source ? source.value : (valueAt(payload, source.claim) ?? null);
    if (ours.startsWith("labels.")) labels[ours.slice("labels.".length)] = value;
    else claims[ours] = value;
  }
  return { ...claims, labels };
}

/** A claim by its name, which may be a URL, or by a path through objects: `app_metadata.org`. */
function valueAt(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name
    .split(".")
    .reduce<unknown>(
      (value, key) =>
        typeof value === "object" && value !== null && Object.hasOwn(value, key)
          ? value[key as keyof typeof value]
          : undefined,
      payload,
    );
}
