const ANSWERS_WITHIN_MS = 20_000;

/** A call that got no answer: it may have been carried out, or not. */
export class UnansweredError extends Error {
  override name = "UnansweredError";
}

/** A call that was answered with a refusal; the message has it. */
export class RefusedError extends Error {
  override name = "RefusedError";
}

/** One tenant of a running service, called over HTTP. */
export class TenantClient {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  /** @param token sent with each call, where there is one */
  constructor(serviceUrl: string, tenant: string, token: string | undefined) {
    this.#base = `${serviceUrl.replace(/\/+$/, "")}/v1/tenants/${encodeURIComponent(tenant)}`;
    this.#headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  }

  /**
   * @param path below the tenant's own
   * @throws UnansweredError, RefusedError
   */
  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const [status, text] = await this.#send(method, path, body);
    if (status >= 300) throw new RefusedError(`${method} ${this.#base}${path} answered ${status}: ${text}`);
    return JSON.parse(text);
  }

  async #send(method: string, path: string, body?: object): Promise<[status: number, text: string]> {
    try {
      const response = await fetch(this.#base + path, {
        method,
        headers: this.#headers,
        signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
        ...(body && { body: JSON.stringify(body) }),
      });
      return [response.status, await response.text()];
    } catch (error) {
      const { message, cause } = error as Error;
      const why = cause instanceof Error ? cause.message || message : message;
      throw new UnansweredError(`${method} ${this.#base}${path} was not answered: ${why}`);
    }
  }
}
