/** What CORS allows a page of an allowed origin, and of any other. */
import { createExecutionContext, env } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { app } from "../../src/worker/app.ts";
import { newTenantPath } from "./http.ts";
import { bearer, sign, tenantOf } from "./token.ts";

const PAGE = "https://app.example";

function call(path: string, init: RequestInit, settings: Partial<Cloudflare.Env> = {}): Promise<Response> {
  const request = new Request(`https://budget.test${path}`, init);
  const set = { ...env, CORS_ORIGINS: `https://other.example ${PAGE}`, ...settings };
  return Promise.resolve(app.fetch(request, set, createExecutionContext()));
}

const preflight = (origin: string, settings?: Partial<Cloudflare.Env>) =>
  call(
    `${newTenantPath()}/consume`,
    {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,idempotency-key",
      },
    },
    settings,
  );

describe("a page of an allowed origin", () => {
  test("sends one preflight, which a browser caches", async () => {
    const { status, headers } = await preflight(PAGE);
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe(PAGE);
    expect(headers.get("access-control-allow-methods")).toContain("POST");
    expect(headers.get("access-control-allow-headers")?.toLowerCase()).toContain(
      "authorization,content-type,idempotency-key",
    );
    expect(headers.get("access-control-max-age")).toBe("86400");
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    expect(headers.get("vary")).toContain("Origin");
  });

  test("can read an answer and its Retry-After", async () => {
    const path = newTenantPath();
    const token = await sign({ tenant: tenantOf(path), user: "alice" });
    const { status, headers } = await call(`${path}/allows-step`, {
      method: "POST",
      headers: { origin: PAGE, ...bearer(token), "content-type": "application/json" },
      body: "{}",
    });
    expect(status).toBe(200);
    expect(headers.get("access-control-allow-origin")).toBe(PAGE);
    for (const header of ["Retry-After", "RateLimit", "ETag", "X-Request-Id"]) {
      expect(headers.get("access-control-expose-headers")).toContain(header);
    }
  });

  test.each([
    ["without a token", "/consume", {}, 401],
    ["of a route that is not there", "/nothing", {}, 404],
    ["of a path that is not UTF-8", "/users/%FF/usage", {}, 400],
    ["of a service that is not configured", "/tenant/usage", { TOKEN_SECRET: "" }, 503],
    [
      "of a service that fails",
      "/tenant/usage",
      { TENANT_BUDGET: undefined as unknown as Cloudflare.Env["TENANT_BUDGET"] },
      500,
    ],
  ])("can read an error %s too", async (_, path, settings, status) => {
    const tenant = newTenantPath();
    const token = status === 401 ? "none" : await sign({ tenant: tenantOf(tenant) });
    const method = path === "/consume" ? "POST" : "GET";
    const answer = await call(`${tenant}${path}`, { method, headers: { origin: PAGE, ...bearer(token) } }, settings);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE);
    expect(await answer.json()).toMatchObject({ status });
  });
});

test("a CORS_ORIGINS that is not valid allows nothing", async () => {
  for (const CORS_ORIGINS of [`${PAGE},*`, `${PAGE} *,`]) {
    expect((await preflight(PAGE, { CORS_ORIGINS })).headers.get("access-control-allow-origin")).toBeNull();
  }
});

test("another origin gets no CORS header, and any origin gets one if CORS_ORIGINS is *", async () => {
  expect((await preflight("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
  expect((await preflight("https://app.example.evil.example")).headers.get("access-control-allow-origin")).toBeNull();
  expect((await preflight("null")).headers.get("access-control-allow-origin")).toBeNull();
  expect((await preflight(PAGE, { CORS_ORIGINS: "" })).headers.get("access-control-allow-origin")).toBeNull();
  expect((await preflight(PAGE, { CORS_ORIGINS: "*" })).headers.get("access-control-allow-origin")).toBe("*");
});
