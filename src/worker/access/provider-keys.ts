/** The keys of an identity provider. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { BudgetError } from "../../wire/index.ts";

/** How long fetched keys are used. */
const MAX_AGE_MS = 600_000;
/** How long after a fetch, successful or not, an unknown key id does not cause another one. */
const COOLDOWN_MS = 30_000;

const TIMEOUT_MS = 3000;
/** How much later than its timeout a fetch can report that it failed. */
const GRACE_MS = 2000;
const POLL_MS = 20;

/**
 * Fetches the keys when they are first needed, and caches them in this isolate.
 *
 * At most one fetch runs at a time, and after a failure none is made for 30 seconds, so that forged tokens cannot
 * flood the provider or hold up callers while it is down. An unknown key id causes at most one fetch in 30 seconds.
 */
export class ProviderKeys {
  readonly #url: URL;
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  /** When the fetch in progress has ended at the latest: a cancelled request does not report the end of its fetch. */
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

  /** Fetches the keys, or waits for the fetch in progress. */
  async #fetched(): Promise<JWTVerifyGetKey> {
    const askedAtMs = Date.now();
    // A request cannot await another request's promise, which ends with that request, so it polls.
    while (Date.now() < this.#fetchingUntilMs) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (this.#keys && this.#fetchedAtMs >= askedAtMs) return this.#keys;
    if (Date.now() < this.#failedAtMs + COOLDOWN_MS) throw unavailable();
    this.#fetchingUntilMs = Date.now() + TIMEOUT_MS + GRACE_MS;
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
