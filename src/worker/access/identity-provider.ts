/** Verifies the tokens of a customer's own identity provider. */
import { type JWTPayload, jwtVerify } from "jose";
import { CLOCK_SKEW_SECONDS, type Grant } from "./grant.ts";
import { ProviderKeys } from "./provider-keys.ts";
import type { ClaimSource, ProviderSettings } from "./provider-settings.ts";
import { requireGrant, tokenError } from "./tokens.ts";

/** Asymmetric only: the algorithm decides whether the provider's keys or our secrets verify a token. */
export const PROVIDER_ALGORITHMS = ["RS256", "ES256"];

export class IdentityProvider {
  readonly #settings: ProviderSettings;
  readonly #keys: ProviderKeys;

  constructor(settings: ProviderSettings) {
    this.#settings = settings;
    this.#keys = new ProviderKeys(settings.jwksUrl);
  }

  /**
   * @throws BudgetError `unauthenticated` or `token_expired` if the token is not valid, `unavailable` if the keys cannot
   *   be fetched
   */
  async verify(token: string): Promise<Grant> {
    const { issuer, audience, claims } = this.#settings;
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.#keys.find, {
        algorithms: PROVIDER_ALGORITHMS,
        issuer,
        audience,
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ["exp"],
      }));
    } catch (error) {
      throw tokenError(error);
    }
    return requireGrant(mapClaims(payload, claims));
  }
}

/** Maps the provider's claims to ours. */
function mapClaims(payload: JWTPayload, mapping: ReadonlyMap<string, ClaimSource>): Record<string, unknown> {
  const { exp, jti } = payload;
  const labels: Record<string, unknown> = {};
  const claims: Record<string, unknown> = { exp, jti };
  for (const [ours, source] of mapping) {
    // A mapped claim that is missing becomes null, which is refused: a missing binding must not become no binding.
    const value = "value" in source ? source.value : (valueAt(payload, source.claim) ?? null);
    if (ours.startsWith("labels.")) labels[ours.slice("labels.".length)] = value;
    else claims[ours] = value;
  }
  return { ...claims, labels };
}

/** A claim by its name, which can be a URL, or by its path through objects, such as `app_metadata.org`. */
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
