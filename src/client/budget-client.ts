/** The HTTP client of one tenant: for browsers, Workers and Node, with `fetch` alone. */
import { ProblemError, UnansweredError, UnexpectedAnswerError } from "./errors.ts";
import type { ProblemDocument } from "./problem-document.ts";

const ANSWERS_WITHIN_MS = 20_000;

export interface BudgetClientOptions {
  /** Where the service is, without a path: `https://budget.example`. A trailing slash is ignored. */
  readonly url: string;
  /** The tenant that every call is about, not percent-encoded: 1 to 256 bytes of UTF-8. */
  readonly tenant: string;
  /** The bearer token sent with every call; without one, no `Authorization` is sent. */
  readonly token?: string | undefined;
  /** How long to wait for the whole answer, in milliseconds; 20,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** Sends the requests; the platform's own by default. A Worker can pass `(...args) => env.BUDGET.fetch(...args)`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * Calls one tenant of a service over HTTP, from a browser, a Worker or Node. It never retries.
 *
 * @example
 * const budget = new BudgetClient({ url: "https://budget.example", tenant: "acme", token });
 * const { state } = await budget.call<{ state: string }>("POST", "/consume", { tokens_in: 1200, user_id: "alice" });
 */
export class BudgetClient {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;
  readonly #fetch: typeof globalThis.fetch;

  constructor({ url, tenant, token, timeoutMs = ANSWERS_WITHIN_MS, fetch = globalThis.fetch }: BudgetClientOptions) {
    this.#base = `${url.replace(/\/+$/, "")}/v1/tenants/${encodeURIComponent(tenant)}`;
    this.#token = token;
    this.#timeoutMs = timeoutMs;
    // Called as a method of the client, the platform's own would throw for its receiver.
    this.#fetch = (input, init) => fetch(input, init);
  }

  /**
   * Sends one call and returns its JSON answer, which is not validated against `T`.
   *
   * @param path below the tenant, percent-encoded, such as `/consume` or `/users/alice/usage`
   * @param body sent as JSON; without one, the request has no body
   * @param headers sent besides, such as `idempotency-key`
   * @throws ProblemError if the service refuses the call
   * @throws UnansweredError if no complete answer comes in time
   * @throws UnexpectedAnswerError if the answer is not the service's
   */
  async call<T>(
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const url = this.#base + path;
    const call = `${method} ${url}`;
    const { response, text } = await this.#send(call, url, {
      method,
      headers: {
        ...(body && { "content-type": "application/json" }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    const answer = jsonIn(text);
    if (response.ok && answer !== undefined) return answer as T;
    if (!response.ok && isProblem(answer)) throw new ProblemError(call, answer, retryAfterOf(response));
    throw new UnexpectedAnswerError(call, response.status, text);
  }

  async #send(call: string, url: string, init: RequestInit): Promise<{ response: Response; text: string }> {
    try {
      const response = await this.#fetch(url, init);
      return { response, text: await response.text() };
    } catch (error) {
      throw new UnansweredError(`${call} was not answered: ${this.#reasonOf(error)}`, { cause: error });
    }
  }

  /** Node says "fetch failed" and has the reason in `cause`. */
  #reasonOf(error: unknown): string {
    const { name, message, cause } = error as Error;
    if (name === "TimeoutError") return `no answer within ${this.#timeoutMs} ms`;
    return (cause instanceof Error && cause.message) || message;
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(answer: unknown): answer is ProblemDocument {
  const { code, status, detail } = Object(answer) as Partial<ProblemDocument>;
  return typeof code === "string" && typeof status === "number" && typeof detail === "string";
}

function retryAfterOf({ headers }: Response): number | undefined {
  const value = headers.get("retry-after");
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
}
