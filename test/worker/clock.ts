/** A tenant that is called over HTTP at times that a test sets. */
import { afterAll, beforeAll, vi } from "vitest";
import { newTenantPath, type Reply, send } from "./http.ts";

/** Lets a file's tests set the time that the service reads. */
export function useSetClock(): void {
  beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterAll(() => void vi.useRealTimers());
}

/** A tenant of its own, and calls to it at a time, in RFC 3339. */
export class Tenant {
  readonly path = newTenantPath();

  at(time: string): Calls {
    return new Calls(this.path, time);
  }
}

class Calls {
  readonly #path: string;
  readonly #time: string;

  constructor(path: string, time: string) {
    this.#path = path;
    this.#time = time;
  }

  get = (path: string): Promise<Reply> => this.#call("GET", path);
  put = (path: string, body: unknown, headers?: Record<string, string>) => this.#call("PUT", path, body, headers);
  patch = (path: string, body: unknown, headers?: Record<string, string>) => this.#call("PATCH", path, body, headers);
  post = (path: string, body?: unknown) => this.#call("POST", path, body);
  delete = (path: string) => this.#call("DELETE", path);

  /** The state of a decision, and the limit that made it. */
  async allows(step: object = {}): Promise<[string, string | null]> {
    const { body } = await this.post("/allows-step", step);
    return [body.state, body.limit];
  }

  #call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    vi.setSystemTime(this.#time);
    if (body === undefined) return send(this.#path + path, { method, headers });
    const json = { "content-type": "application/json", ...headers };
    return send(this.#path + path, { method, headers: json, body: JSON.stringify(body) });
  }
}
