/** What the HTTP client sends, returns and throws. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { startWorkerd } from "../../scripts/workerd.ts";
import { BudgetClient, ProblemError, UnansweredError, UnexpectedAnswerError } from "../../src/client/index.ts";
import { SECRETS } from "../worker/secrets.ts";
import { ROOT } from "./wrangler.ts";

const PROBLEM = {
  type: "http://x/problems/rate_limited",
  title: "Too many requests",
  status: 429,
  code: "rate_limited",
  detail: "wait",
  retryable: true,
  request_id: "r-1",
};

/** Serves a test until it is finished, and returns the URL. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
}

const faultOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

test("a call sends its method, path, token, headers and JSON, and returns the answer", async () => {
  const received: [IncomingMessage, string][] = [];
  const url = await serve(async (request, response) => {
    received.push([request, await text(request)]);
    response.end('{"state":"ok"}');
  });
  const client = new BudgetClient({ url: `${url}/`, tenant: "a/b 💸", token: "t" });
  const body = { tokens_in: 1 };
  expect(await client.call("POST", "/consume", body, { "idempotency-key": "k" })).toEqual({ state: "ok" });
  await new BudgetClient({ url, tenant: "acme" }).call("GET", "/config");
  const [[first, sent], [second]] = received as [[IncomingMessage, string], [IncomingMessage, string]];
  expect([first.method, first.url]).toEqual(["POST", "/v1/tenants/a%2Fb%20%F0%9F%92%B8/consume"]);
  expect(first.headers).toMatchObject({
    "content-type": "application/json",
    authorization: "Bearer t",
    "idempotency-key": "k",
  });
  expect(JSON.parse(sent)).toEqual(body);
  expect(second.method).toBe("GET");
  expect(second.headers).not.toHaveProperty("authorization");
  expect(second.headers).not.toHaveProperty("content-type");
});

test("a refusal is thrown as its problem document", async () => {
  const url = await serve((_, response) =>
    response.writeHead(429, { "retry-after": "7" }).end(JSON.stringify(PROBLEM)),
  );
  const fault = await faultOf(new BudgetClient({ url, tenant: "acme" }).call("GET", "/config"));
  expect(fault).toBeInstanceOf(ProblemError);
  expect(fault).toMatchObject({
    ...{ code: "rate_limited", status: 429, detail: "wait", requestId: "r-1", retryAfterSeconds: 7, problem: PROBLEM },
    message: `GET ${url}/v1/tenants/acme/config answered 429 rate_limited: wait`,
  });
});

test.each([
  [502, "<h1>Bad gateway</h1>"],
  [500, '{"code":1}'],
  [200, "<h1>Sign in</h1>"],
  [200, ""],
])("an answer of %i %j is not the service's", async (status, body) => {
  const url = await serve((_, response) => response.writeHead(status).end(body));
  const fault = await faultOf(new BudgetClient({ url, tenant: "acme" }).call("GET", "/config"));
  expect(fault).toBeInstanceOf(UnexpectedAnswerError);
  expect(fault).toMatchObject({ status, body });
});

test("no answer in time, no complete one and no server are unanswered calls", async () => {
  const silent = await serve(() => {});
  const broken = await serve((_, response) => {
    response.writeHead(200, { "content-length": "9" }).write("{");
    response.destroy();
  });
  const reasonAt = async (url: string) => {
    const fault = await faultOf(new BudgetClient({ url, tenant: "acme", timeoutMs: 50 }).call("GET", "/config"));
    expect(fault).toBeInstanceOf(UnansweredError);
    return (fault as Error).message;
  };
  expect(await reasonAt(silent)).toBe(`GET ${silent}/v1/tenants/acme/config was not answered: no answer within 50 ms`);
  expect(await reasonAt(broken)).toContain("/config was not answered: ");
  expect(await reasonAt("http://127.0.0.1:9")).toContain("/config was not answered: ");
});

test("a fetch of one's own sends the requests", async () => {
  const fetch = async (input: unknown) => Response.json({ asked: `${input}` });
  const client = new BudgetClient({
    url: "https://budget.test",
    tenant: "acme",
    fetch: fetch as typeof globalThis.fetch,
  });
  expect(await client.call("GET", "/config")).toEqual({ asked: "https://budget.test/v1/tenants/acme/config" });
});

test("the real service answers and refuses it", async () => {
  const service = await startWorkerd({
    entry: new URL("src/index.ts", `file://${ROOT}`),
    durableObjects: { TENANT_BUDGET: "TenantBudget" },
    vars: { ...SECRETS, REQUEST_LOG: "off" },
  });
  onTestFinished(() => service.dispose());
  const client = new BudgetClient({ url: service.url, tenant: "a/b 💸", token: SECRETS.ADMIN_TOKEN });
  await client.call("PUT", "/config", { max_tokens: 10 });
  expect(await client.call("POST", "/consume", { tokens_in: 4 })).toMatchObject({ remaining: { tokens: 6 } });
  expect(await faultOf(client.call("POST", "/reservations", { tokens: 7 }))).toMatchObject({
    ...{ code: "budget_exhausted", status: 402, retryAfterSeconds: undefined },
    problem: { retryable: false, request_id: expect.any(String), decision: { state: "blocked" } },
  });
});

test("it is made of its own files alone, so that it runs anywhere", async () => {
  const { metafile } = await build({
    entryPoints: [join(ROOT, "src/client/index.ts")],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
  });
  expect(Object.keys(metafile.inputs).filter((file) => !file.startsWith("src/client/"))).toEqual([]);
});
