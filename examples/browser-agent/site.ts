import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { extname } from "node:path";
import { BudgetClient } from "../../src/client/index.ts";

/** What the site knows of the budget. Its page does not know the token, which makes others. */
export interface SiteOptions {
  /** Where the budget is. */
  readonly service: string;
  readonly tenant: string;
  /** Who is signed in. */
  readonly user: string;
  /** A token with `admin` and the scopes of the page. It never leaves the site. */
  readonly token: string;
  /** Where it listens on loopback. */
  readonly port: number;
}

const PAGE = new URL("./page/", import.meta.url);
const FILES: readonly string[] = ["index.html", "style.css", "main.js", "agent.js", "budget.js"];
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};
/** A token for a page is short-lived; the page asks for the next. */
const TOKEN_SECONDS = 900;

/**
 * Serves the site of a page: its files, and at `POST /session` where its user's budget is, with a token for that budget
 * alone. A real site would require its own sign-in first.
 */
export async function serveSite(options: SiteOptions): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://site").pathname;
    try {
      if (request.method === "POST" && path === "/session") return send(response, 200, await sessionOf(options));
      const file = path === "/" ? "index.html" : path.slice(1);
      if (request.method !== "GET" || !FILES.includes(file)) return send(response, 404, { detail: "No such page" });
      response.writeHead(200, { "content-type": TYPES[extname(file)] }).end(await readFile(new URL(file, PAGE)));
    } catch (error) {
      send(response, 502, { detail: `${error}` });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the site has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function sessionOf({ service, tenant, user, token }: SiteOptions): Promise<object> {
  const client = new BudgetClient({ url: service, tenant, token });
  const made = await client.call<{ token: string }>("POST", "/tokens", {
    scope: "check consume reserve read",
    user,
    ttl_seconds: TOKEN_SECONDS,
  });
  return { service, tenant, user, token: made.token };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
