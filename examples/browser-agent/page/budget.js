/**
 * What the site's session has: where the budget is, its tenant and user, and a token for it.
 *
 * @typedef {{ service: string, tenant: string, user: string, token: string }} Session
 * @typedef {{ title: string, status: number, code: string, detail: string, decision?: { limit: string | null } }} ProblemDocument
 * @typedef {{ state: "ok" | "warn" | "blocked", reason: string | null, remaining: { tokens?: number } }} Decision
 */

/** A call that the budget refused, with its problem document (RFC 9457). */
export class Refused extends Error {
  /** @override */
  name = "Refused";

  /**
   * @param {ProblemDocument} problem
   * @param {number | null} retryAfterSeconds
   */
  constructor(problem, retryAfterSeconds) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Asks the site who is signed in. @returns {Promise<Session>} */
export async function fetchSession() {
  const response = await fetch("/session", { method: "POST" });
  if (!response.ok) throw new Error(`the site answered ${response.status}`);
  return response.json();
}

/** Calls the budget, from whatever origin the page has. A token that has expired is replaced once. */
export class Budget {
  #session;

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
  }

  /** @param {object} [estimate] @returns {Promise<Decision>} */
  allowsStep(estimate = {}) {
    return this.#call("POST", "allows-step", estimate);
  }

  /** @param {{ tokens_in: number, tokens_out: number, idempotency_key: string }} spent @returns {Promise<Decision>} */
  consume(spent) {
    return this.#call("POST", "consume", spent);
  }

  /** @param {{ tokens: number }} estimate @returns {Promise<{ id: string }>} */
  reserve(estimate) {
    return this.#call("POST", "reservations", estimate);
  }

  /** @param {string} id @returns {Promise<{ state: string }>} */
  release(id) {
    return this.#call("POST", `reservations/${id}/release`, {});
  }

  /** @param {string} user @returns {Promise<{ id: string, calls: number, tokens_total: number }>} */
  usageFor(user) {
    return this.#call("GET", `users/${encodeURIComponent(user)}/usage`);
  }

  /** The same budget's neighbour, with the same token. @param {string} tenant */
  ofTenant(tenant) {
    return new Budget({ ...this.#session, tenant });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async #call(method, path, body) {
    let response = await this.#send(method, path, body);
    if (response.status === 401) {
      this.#session = { ...this.#session, token: (await fetchSession()).token };
      response = await this.#send(method, path, body);
    }
    const answer = await response.json();
    if (response.ok) return answer;
    const retryAfter = response.headers.get("retry-after");
    throw new Refused(answer, retryAfter === null ? null : Number(retryAfter));
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  #send(method, path, body) {
    const { service, tenant, token } = this.#session;
    return fetch(`${service}/v1/tenants/${encodeURIComponent(tenant)}/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}
