import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { BudgetError } from "../../wire/index.ts";

/** How long fetched keys are used before they are fetched again. */
const MAX_AGE_MS = 600_000;
/** How long after an attempt, successful or not, no further one is made for a key that is not there. */
const COOLDOWN_MS = 30_000;
/** How long one attempt may take. */
const TIMEOUT_MS = 3000;
const POLL_MS = 20;

/**
 * An identity provider's keys, fetched when first needed and kept in this isolate.
 *
 * At most one fetch runs at a time, and after a failure none is made for 30 seconds, so that forged tokens cannot
 * flood the provider or hold up callers while it is down. An unknown key id causes at most one fetch in 30 seconds.
 */
export class ProviderKeys {
  readonly #url: URL;
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  /** Until when a fetch can be under way. A request that is cancelled never reports how its fetch ended. */
  #fetchingUntilMs = Number.NEGATIVE_INFINITY;

  constructor(url: URL) {
    this.#url = url;
  }

  /**
   * Finds the key that a token names.
   *
   * @throws BudgetError `unavailable` if the keys cannot be fetched, JWKSNoMatchingKey if the provider has no such key
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (!this.#keys || Date.now() >= this.#fetchedAtMs + MAX_AGE_MS) this.#keys = await this.#fetched();
    try {
      return await this.#keys(header, token);
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown || Date.now() < this.#fetchedAtMs + COOLDOWN_MS) throw error;
      this.#keys = await this.#fetched();
      return this.#keys(header, token);
    }
  };

  /** Fetches the keys, or waits for the fetch that is under way. */
  async #fetched(): Promise<JWTVerifyGetKey> {
    const askedAtMs = Date.now();
    // A request must not await another's promise, which ends with that request; so it looks again now and then.
    while (Date.now() < this.#fetchingUntilMs) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (this.#keys && this.#fetchedAtMs >= askedAtMs) return this.#keys;
    if (Date.now() < this.#failedAtMs + COOLDOWN_MS) throw unavailable();
    this.#fetchingUntilMs = Date.now() + TIMEOUT_MS;
    try {
      this.#keys = createLocalJWKSet(await fetchKeys(this.#url));
      this.#fetchedAtMs = Date.now();
      return this.#keys;
    } catch (cause) {
      this.#failedAtMs = Date.now();
      throw unavailable(cause);
    } finally {
      this.#fetchingUntilMs = Number.NEGATIVE_INFINITY;
    }
  }
}

async function fetchKeys(url: URL): Promise<JSONWebKeySet> {
  const headers = { accept: "application/jwk-set+json, application/json" };
  const response = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (response.status !== 200) throw new Error(`the identity provider answered ${response.status} for its keys`);
  return response.json<JSONWebKeySet>();
}

function unavailable(cause?: unknown): BudgetError {
  const detail = "the identity provider's keys cannot be fetched now";
  return new BudgetError({ code: "unavailable", detail }, cause === undefined ? undefined : { cause });
}
