/** The document has every route, and matches every answer and refusal. */
import { env } from "cloudflare:test";
import swaggerUi from "swagger-ui-dist/package.json" with { type: "json" };
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../src/worker/app.ts";
import { ROUTES } from "../../src/worker/routes/index.ts";
import { BAD_REQUESTS, requestInit } from "./bad-requests.ts";
import { newTenantPath, type Reply, send, sendJson } from "./http.ts";
import { OpenApiDocument } from "./openapi-document.ts";
import { tenantOf } from "./token.ts";

let document: OpenApiDocument;
beforeAll(async () => {
  document = await OpenApiDocument.fetch();
});

/** A path of the document, its parameters filled in. */
function pathOf(path: string, tenant: string, reservation: string): string {
  const bucket = path.includes("{scope}") ? encodeURIComponent('["alice","m"]') : "alice";
  return path
    .replace("/v1/tenants/{tenant}", tenant)
    .replace("{scope}", "user_and_model")
    .replace("{id}", bucket)
    .replace("{jti}", "j-1")
    .replace("{reservation}", reservation)
    .replace("{file}", "start.js")
    .replace("{code}", "invalid_input");
}

const typeOf = ({ headers }: Reply) => headers.get("content-type")?.split(";")[0] ?? "";

test("its examples match its schemas", () => {
  expect(document.examples()).toEqual([]);
});

test("it has every route, each with its own operationId", () => {
  const operations = Object.entries(document.json.paths as Record<string, Record<string, { operationId: string }>>);
  const named = operations.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => [method, path, operationId]),
  );
  expect(named).toHaveLength(ROUTES.length);
  expect(new Set(named.map(([, , operationId]) => operationId)).size).toBe(ROUTES.length);
});

describe("a route's answers match the document", () => {
  test.each(ROUTES.filter(({ answer }) => answer.schema).map((route) => [route.operationId, route] as const))(
    "%s",
    async (operationId, { method, path, body, answer }) => {
      const tenant = newTenantPath();
      const spend = { user_id: "alice", model: "m", labels: { run: "r" }, tokens_in: 90, tokens_out: 5, cost_usd: 1 };
      await sendJson("PUT", `${tenant}/config`, {
        max_tokens: 100,
        max_calls_per_day: 5,
        per_user_max_cost_usd_per_5h: 9,
        shadow_limits: ["max_calls_per_day"],
        prices: { priced: { input_usd: 1, output_usd: 2 } },
      });
      await sendJson("POST", `${tenant}/consume`, { ...spend, cache_read_input_tokens: 3 });
      await sendJson("POST", `${tenant}/consume`, { model: "priced", tokens_in: 2 });
      await sendJson("POST", `${tenant}/consume`, { model: "gpt-4o-mini", tokens_in: 2 });
      await sendJson("PUT", `${tenant}/users/alice/limits`, { max_calls: 7 });
      await sendJson("PUT", `${tenant}/users/alice/limits`, { max_calls: 9, expires_at: "2100-01-01T00:00:00Z" });
      await sendJson("POST", `${tenant}/users/alice/freeze`, { until: "2100-01-01T00:00:00Z" });
      await sendJson("POST", `${tenant}/users/alice/adjust`, { tokens_in: -1, note: "n" });
      await sendJson("POST", `${tenant}/reservations`, { tokens: 1000, if_short: "reject" });
      if (operationId.endsWith("Overflow") && operationId !== "freezeOverflow") await fillScope(tenant);
      const { body: hold } = await sendJson("POST", `${tenant}/reservations`, { user_id: "bob", cost_usd: 1 });
      const call = () =>
        body
          ? sendJson(method.toUpperCase(), pathOf(path, tenant, hold.id), exampleFor(operationId, body.example))
          : send(
              `${pathOf(path, tenant, hold.id)}${operationId === "eraseTenant" ? `?confirm=${tenantOf(tenant)}` : ""}`,
              { method: method.toUpperCase() },
            );
      const reply = await call();
      expect(reply.status, JSON.stringify(reply.body)).toBe(answer.status ?? 200);
      expect(document.undocumented(operationId, reply.status, typeOf(reply), reply.body)).toEqual([]);
      for (const header of Object.keys(answer.headers ?? {})) expect(reply.headers.get(header)).not.toBeNull();
    },
  );

  /** Gives the scope of the examples an overflow bucket. */
  async function fillScope(tenant: string): Promise<void> {
    await sendJson("PUT", `${tenant}/config`, { max_users: 1, per_user_and_model_max_calls: 9 });
    for (const user_id of ["alice", "bob"])
      await sendJson("POST", `${tenant}/consume`, { user_id, model: "gpt-5", cost_usd: 0 });
  }

  /** A credit's example is more than what was spent, a reservation's more than what is left. */
  function exampleFor(operationId: string, example: unknown): unknown {
    if (operationId.startsWith("adjust")) return { tokens_in: 5, note: "n" };
    return operationId === "reserve" || operationId === "extend" ? { tokens: 1 } : example;
  }
});

describe("other content types are documented too", () => {
  test.each(["application/x-ndjson", "text/csv"])("an export as %s", async (type) => {
    const query = type === "text/csv" ? "?format=csv" : "";
    const reply = await send(`${newTenantPath()}/ledger/export${query}`);
    expect([reply.status, typeOf(reply)]).toEqual([200, type]);
    expect(document.undocumented("exportLedger", 200, type, "")).toEqual([]);
  });

  test("a stream of operations", async () => {
    const headers = { "content-type": "application/x-ndjson" };
    const reply = await send(`${newTenantPath()}/batch`, { method: "POST", headers, body: '{"op": "allows_step"}\n' });
    expect([reply.status, typeOf(reply)]).toEqual([200, "application/x-ndjson"]);
    expect(document.undocumented("batch", 200, typeOf(reply), "")).toEqual([]);
  });

  test("an invalid Idempotency-Key without a body", async () => {
    const headers = { "idempotency-key": "k".repeat(257) };
    const reply = await send(`${newTenantPath()}/tenant/limits`, { method: "DELETE", headers });
    expect(reply).toMatchObject({ status: 400, body: { code: "invalid_input" } });
    expect(document.undocumented("clearTenantLimits", 400, typeOf(reply), reply.body)).toEqual([]);
  });

  test("a token that was revoked", async () => {
    const tenant = newTenantPath();
    const { body: made } = await sendJson("POST", `${tenant}/tokens`, { scope: "read" });
    await send(`${tenant}/tokens/${made.jti}`, { method: "DELETE" });
    const reply = await send(`${tenant}/tenant/usage`, { headers: { authorization: `Bearer ${made.token}` } });
    expect(reply).toMatchObject({ status: 401, body: { code: "token_revoked" } });
    expect(document.undocumented("getTenantUsage", 401, typeOf(reply), reply.body)).toEqual([]);
  });
});

describe("a route's refusals match the document", () => {
  const routed = BAD_REQUESTS.filter(({ code }) => !["not_found", "method_not_allowed"].includes(code));
  test.each(routed)("$wrong", async (bad) => {
    const tenant = newTenantPath();
    const [method = "", path = ""] = bad.request.split(" ");
    const init = requestInit(bad);
    if (typeof init.body === "string") init.body = new TextEncoder().encode(init.body);
    const reply = await send(path.replace(/^T/, tenant), init);
    const route = ROUTES.find((each) => matches(each, method, path.split("?")[0] ?? ""));
    expect(document.undocumented(route?.operationId ?? "", reply.status, typeOf(reply), reply.body)).toEqual([]);
  });

  function matches(route: (typeof ROUTES)[number], method: string, path: string): boolean {
    const pattern = route.path.replace("/v1/tenants/{tenant}", "(T|/v1/tenants/[^/]+)").replaceAll(/\{\w+\}/g, "[^/]+");
    return route.method === method.toLowerCase() && new RegExp(`^${pattern}$`).test(path);
  }
});

describe("the reference page", () => {
  test("loads its files from this service alone, and a browser may keep those with a version in their name", async () => {
    const page = await send("/docs");
    expect(page.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    expect(page.headers.get("cache-control")).toBe("no-store");
    const files = [...page.body.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, path]) => path);
    const answers = await Promise.all(files.map((path) => send(path, { headers: { "x-request-id": "r" } })));
    const forever = "public, max-age=31536000, immutable";
    expect(
      answers.map(({ status, headers }, index) => [
        files[index].replace(swaggerUi.version, "VERSION"),
        status,
        ...["content-type", "cache-control", "x-content-type-options", "x-request-id"].map((name) => headers.get(name)),
      ]),
    ).toEqual([
      ["/docs/swagger-ui-VERSION.css", 200, "text/css; charset=utf-8", forever, "nosniff", "r"],
      ["/docs/swagger-ui-VERSION.js", 200, "text/javascript; charset=utf-8", forever, "nosniff", "r"],
      ["/docs/start.js", 200, "text/javascript; charset=utf-8", "no-store", "nosniff", "r"],
    ]);
  });

  test.each(["swagger-ui-1.0.0.js", "swagger-ui.css", "index.html", "__proto__"])("has no file %s", async (file) => {
    const { status, body, headers } = await send(`/docs/${file}`);
    expect({ status, code: body.code }).toEqual({ status: 404, code: "not_found" });
    expect(headers.get("cache-control")).toBe("no-store");
  });

  test("is served where there are no static assets, its files as not found", async () => {
    const ask = (path: string) => app.request(path, {}, { ...env, ASSETS: undefined });
    expect((await ask("/docs")).status).toBe(200);
    expect((await ask(`/docs/swagger-ui-${swaggerUi.version}.js`)).status).toBe(404);
  });
});

test("the schemas of a configuration and of a bucket's own limits refuse what the service refuses", () => {
  const configs = BAD_REQUESTS.filter(({ request, body }) => request === "PUT T/config" && typeof body === "string");
  // What JSON Schema cannot say: what a time zone's name is, and that two spellings name one limit.
  const beyond = [
    "an unknown time zone",
    "a scope that names a part twice",
    "two names of one limit",
    "a shadow of no limit",
    "an edit of a version that is gone",
  ];
  for (const { wrong, body } of configs) {
    const faults = document.request("putConfig", JSON.parse(`${body}`));
    expect(faults.length > 0, wrong).toBe(!beyond.includes(wrong));
  }
  expect(document.request("setUserLimits", { max_calls: 5, max_cost_usd_per_day: null })).toEqual([]);
  expect(document.request("setUserLimits", { per_user_max_calls: 5 })).not.toEqual([]);
});
