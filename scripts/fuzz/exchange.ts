/** HTTP that sends malformed paths, headers and bodies as they are. */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as startRequest } from "node:http";
import { setTimeout } from "node:timers/promises";
import type { Caller } from "./callers.ts";

const ANSWERS_WITHIN_MS = 60_000;
const PIECE_BYTES = 32 * 1024;
/**
 * How a long body is sent, and how long to wait for an answer before the next piece. A service that refuses a body
 * closes the connection when too much follows, and then its answer can no longer be read: the next attempt is slower.
 */
const ATTEMPTS = [
  { isDivided: false, patienceMs: 150 },
  { isDivided: true, patienceMs: 150 },
  { isDivided: true, patienceMs: 2000 },
] as const;
type Attempt = (typeof ATTEMPTS)[number];
const CLOSED = ["ECONNRESET", "EPIPE"];

/** A request, as it goes over the wire. */
export interface FuzzRequest {
  readonly method: string;
  /** With its query, not normalised. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly caller: Caller;
}

export interface FuzzAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Unlike the client of src/client, sends requests as they are: no path is normalised, no header added, no redirect
 * followed.
 */
export class Connections {
  readonly #agent: Agent;
  readonly #host: string;
  readonly #port: string;

  /** @throws Error unless it is a service over http, as on one's own machine */
  constructor(url: string, count: number) {
    const { hostname, port, protocol } = new URL(url);
    if (protocol !== "http:") throw new Error(`${url} is not an http URL; the fuzzer calls services on this machine`);
    this.#host = hostname.replace(/^\[(.*)\]$/, "$1");
    this.#port = port || "80";
    this.#agent = new Agent({ keepAlive: true, maxSockets: count });
  }

  /**
   * Sends a request, and again if the connection was closed before any answer: a reused one can be closed just then, and
   * one with a long body when the body is refused.
   *
   * @throws Error if no complete answer came
   */
  async send(request: FuzzRequest): Promise<FuzzAnswer> {
    let closed: unknown;
    for (const attempt of ATTEMPTS) {
      try {
        return await this.#send(request, attempt);
      } catch (error) {
        if (!CLOSED.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
        closed = error;
      }
    }
    throw closed;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(request: FuzzRequest, { isDivided, patienceMs }: Attempt): Promise<FuzzAnswer> {
    const { method, path, headers, body, caller } = request;
    const agent = isDivided ? new Agent() : this.#agent;
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const isStreamed = headers["transfer-encoding"] !== undefined;
    const sent = startRequest({
      ...{ agent, host: this.#host, port: this.#port, method, path },
      headers: {
        ...headers,
        ...(caller.authorization !== undefined && { authorization: caller.authorization }),
        ...(bytes && !isStreamed && { "content-length": `${bytes.byteLength}` }),
      },
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sent.once("response", resolve);
      sent.on("error", reject);
    });
    if (bytes && bytes.byteLength > PIECE_BYTES) {
      // The answer to a stream begins before the whole body was sent.
      const isRefusal = answered.then(({ statusCode = 0 }) => statusCode >= 400);
      sent.write(bytes.subarray(0, PIECE_BYTES));
      const rest = bytes.subarray(PIECE_BYTES);
      for (const piece of isDivided ? inPieces(rest) : [rest]) {
        if (await Promise.race([isRefusal, setTimeout(patienceMs, false, { ref: false })])) break;
        sent.write(piece);
      }
      if (!(await Promise.race([isRefusal, false]))) sent.end();
    } else {
      sent.end(bytes);
    }
    const response = await answered;
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    if (!sent.writableEnded) sent.destroy();
    return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() };
  }
}

function inPieces(bytes: Buffer): Buffer[] {
  const starts = Array.from({ length: Math.ceil(bytes.byteLength / PIECE_BYTES) }, (_, i) => i * PIECE_BYTES);
  return starts.map((start) => bytes.subarray(start, start + PIECE_BYTES));
}
