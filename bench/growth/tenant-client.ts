import { BenchError } from "../bench-error.ts";
import { Connection } from "../load/connection.ts";
import type { Service } from "../serve.ts";

/** How many operations one batch takes. */
export const MAX_BATCH = 1000;

/** Calls one tenant over a connection of its own, one call at a time. */
export class TenantClient implements Disposable {
  readonly #connection: Connection;
  readonly #path: string;
  readonly #token: string;

  static async open({ port, token }: Service, tenant: string): Promise<TenantClient> {
    return new TenantClient(await Connection.open(port), `/v1/tenants/${tenant}`, token);
  }

  private constructor(connection: Connection, path: string, token: string) {
    this.#connection = connection;
    this.#path = path;
    this.#token = token;
  }

  /**
   * Sends a call and returns the parsed answer.
   *
   * @param path below the tenant, such as `/consume`
   * @throws BenchError if the call is refused
   */
  async call(method: string, path: string, body?: unknown, token = this.#token): Promise<unknown> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const { status, body: answer } = await this.#connection.send(
      `${method} ${this.#path}${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${token}\r\n` +
        `content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    );
    if (status >= 300) throw new BenchError(`${method} ${path} answered ${status}: ${answer.toString()}`);
    return JSON.parse(answer.toString());
  }

  /** Sends operations, as many batches as they take, and returns the body of each answer. */
  async batch(operations: readonly object[]): Promise<unknown[]> {
    const bodies: unknown[] = [];
    for (let start = 0; start < operations.length; start += MAX_BATCH) {
      const some = operations.slice(start, start + MAX_BATCH);
      const { results } = (await this.call("POST", "/batch", { operations: some })) as Answers;
      const refused = results.find(({ status }) => status >= 300);
      if (refused) throw new BenchError(`an operation of a batch was refused: ${JSON.stringify(refused)}`);
      bodies.push(...results.map(({ body }) => body));
    }
    return bodies;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

interface Answers {
  readonly results: readonly { readonly status: number; readonly body: unknown }[];
}
