/** Sends requests to the Worker under test. */
import { exports } from "cloudflare:workers";
import { SECRETS } from "./secrets.ts";

/** The answer to a call, its body parsed as JSON; JSON lines become a list. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the service printed
  readonly body: any;
}

/** Sends a request to the Worker as the internet would: the operator's, unless it says otherwise. */
export async function send(path: string, init: RequestInit = {}): Promise<Reply> {
  const headers = new Headers(init.headers);
  if (!headers.has("authorization")) headers.set("authorization", `Bearer ${SECRETS.ADMIN_TOKEN}`);
  const response = await exports.default.fetch(`https://budget.test${path}`, { ...init, headers });
  const text = new TextDecoder().decode(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body: readBody(response, text) };
}

function readBody({ headers }: Response, text: string): unknown {
  if (text === "") return null;
  if (headers.get("content-type") === "application/x-ndjson") {
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  }
  return headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
}

/** Sends JSON. */
export function sendJson(method: string, path: string, body: unknown): Promise<Reply> {
  return send(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** The path of a tenant that no other test knows. */
export function newTenantPath(): string {
  return `/v1/tenants/${crypto.randomUUID()}`;
}
