/** A client for one tenant that adds little to what is measured. */
import { BudgetClient } from "../../src/client/index.ts";
import { BenchError } from "../bench-error.ts";
import { Connection } from "../load/connection.ts";
import type { Service } from "../serve.ts";

/** How many operations one batch takes. */
export const MAX_BATCH = 1000;

/** Longer than any call is measured to wait. */
const ANSWERS_WITHIN_MS = 600_000;

/** Calls one tenant over a connection of its own, one call at a time. */
export class TenantClient extends BudgetClient implements Disposable {
  readonly #connection: Connection;

  static async open(service: Service, tenant: string): Promise<TenantClient> {
    return new TenantClient(await Connection.open(service.port), service, tenant);
  }

  private constructor(connection: Connection, { port, token }: Service, tenant: string) {
    super({
      ...{ url: `http://127.0.0.1:${port}`, tenant, token, timeoutMs: ANSWERS_WITHIN_MS },
      fetch: fetchOver(connection),
    });
    this.#connection = connection;
  }

  /** Sends operations, as many batches as they take, and returns the body of each answer. */
  async batch(operations: readonly object[]): Promise<unknown[]> {
    const bodies: unknown[] = [];
    for (let start = 0; start < operations.length; start += MAX_BATCH) {
      const some = operations.slice(start, start + MAX_BATCH);
      const { results } = await this.call<Answers>("POST", "/batch", { operations: some });
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

/** A `fetch` that costs little beside what is measured, which Node's own does not. It ignores the time limit. */
function fetchOver(connection: Connection): typeof globalThis.fetch {
  return async (input, { method = "GET", headers, body = "" } = {}) => {
    const { pathname, search } = new URL(String(input));
    const lines = Object.entries({ ...headers, host: "bench", "content-length": Buffer.byteLength(`${body}`) });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const answer = await connection.send(`${method} ${pathname}${search} HTTP/1.1\r\n${head}\r\n${body}`);
    return new Response(Uint8Array.from(answer.body), { status: answer.status });
  };
}
