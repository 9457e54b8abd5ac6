/** What every answer, every problem and every log line has. */
import { createExecutionContext, env } from "cloudflare:test";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { PROBLEMS } from "../../src/wire/index.ts";
import { app } from "../../src/worker/app.ts";
import { problemsMarkdown } from "../../src/worker/problem-pages.ts";
import { newTenantPath, send } from "./http.ts";
import { SECRETS } from "./secrets.ts";
import { bearer, sign, tenantOf } from "./token.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("every answer", () => {
  test.each(["/health", `${newTenantPath()}/tenant/usage`, "/nothing", "/v1/tenants/%FF/usage"])(
    "of %s has a request id, accepted or generated, and is stored by no cache",
    async (path) => {
      const given = await send(path, { headers: { "x-request-id": "req-17/a" } });
      expect(given.headers.get("x-request-id")).toBe("req-17/a");
      const made = await send(path);
      expect(made.headers.get("x-request-id")).toMatch(UUID);
      expect(made.headers.get("cache-control")).toBe("no-store");
      if (made.status >= 400) expect(made.body.request_id).toBe(made.headers.get("x-request-id"));
    },
  );

  test("has a new request id if the given one is not valid", async () => {
    for (const bad of ["", "x".repeat(129), 'a"b', "a b", "a<b>"]) {
      expect((await send("/health", { headers: { "x-request-id": bad } })).headers.get("x-request-id")).toMatch(UUID);
    }
  });

  test("passes a trace through, and no invalid one", async () => {
    expect((await send("/health", { headers: { traceparent: TRACE } })).headers.get("traceparent")).toBe(TRACE);
    expect((await send("/health", { headers: { traceparent: "00-x" } })).headers.get("traceparent")).toBeNull();
  });
});

describe("a problem", () => {
  test.each(Object.entries(PROBLEMS))("%s has a page that its type leads to", async (code, { title }) => {
    const { status, headers, body } = await send(`/problems/${code}`, { headers: { authorization: "" } });
    expect({ status, type: headers.get("content-type") }).toEqual({ status: 200, type: "text/html; charset=utf-8" });
    expect(body).toContain(`<h1>${title}</h1>`);
  });

  test("links to its page", async () => {
    const { body } = await send(`${newTenantPath()}/nothing`);
    expect(body.type).toBe("https://budget.test/problems/not_found");
    expect((await send("/problems/nothing")).status).toBe(404);
    expect((await send("/problems/__proto__")).status).toBe(404);
  });

  test("is documented", async () => {
    await expect(problemsMarkdown()).toMatchFileSnapshot("../../docs/problems.md");
  });
});

describe("the log", () => {
  test("has one line of JSON for each request, without token, user or body", async () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line) => void lines.push(line));
    onTestFinished(() => log.mockRestore());
    const path = newTenantPath();
    const token = await sign({ tenant: tenantOf(path), user: "alice-the-secret" });
    const call = (what: string, init: RequestInit) =>
      app.fetch(
        new Request(`https://budget.test${path}${what}`, init),
        { ...env, REQUEST_LOG: "on" },
        createExecutionContext(),
      );
    const headers = { ...bearer(token), "content-type": "application/json", traceparent: TRACE, "x-request-id": "r1" };
    await call("/consume", { method: "POST", headers, body: '{"tokens_in": 4711}' });
    await call("/users/alice-the-secret/usage?q=alice-the-secret", { headers: { ...headers, "x-request-id": "r2" } });
    await call("/ledger", { headers: { ...headers, "x-request-id": "r3" } });
    await call("/alice-the-secret", { headers: { ...headers, "x-request-id": "r4" } });
    const route = (name: string) => ({ method: "GET", route: `/v1/tenants/{tenant}${name}`, tenant: tenantOf(path) });
    const trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        message: "request",
        request_id: "r1",
        trace_id,
        ...route("/consume"),
        method: "POST",
        status: 200,
        decision: "ok",
        ms: expect.any(Number),
      },
      {
        message: "request",
        request_id: "r2",
        trace_id,
        ...route("/users/{id}/usage"),
        status: 200,
        ms: expect.any(Number),
      },
      {
        message: "request",
        request_id: "r3",
        trace_id,
        ...route("/ledger"),
        status: 403,
        code: "forbidden",
        ms: expect.any(Number),
      },
      {
        message: "request",
        request_id: "r4",
        trace_id,
        method: "GET",
        status: 404,
        code: "not_found",
        ms: expect.any(Number),
      },
    ]);
    for (const secret of [token, "alice-the-secret", "4711"]) expect(lines.join("\n")).not.toContain(secret);
  });

  test("has no path before its caller is authenticated, and no name of another tenant", async () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line) => void lines.push(line));
    onTestFinished(() => log.mockRestore());
    const long = `/v1/tenants/${"alice".repeat(12_000)}/tenant/usage`;
    const token = await sign({ tenant: "acme" });
    for (const headers of [{}, bearer("none"), bearer(token)]) {
      const request = new Request(`https://budget.test${long}`, { headers });
      await app.fetch(request, { ...env, REQUEST_LOG: "on" }, createExecutionContext());
    }
    const [nobody, stranger, known] = lines.map((line) => JSON.parse(line));
    for (const line of [nobody, stranger]) expect(line).toMatchObject({ status: 401, code: "unauthenticated" });
    expect(`${lines[0]}${lines[1]}`).not.toContain("alice");
    expect(known).toMatchObject({ status: 403, tenant: "alice".repeat(52).slice(0, 256) });
  });

  test("reports a fault without a secret", async () => {
    const told: unknown[] = [];
    const errors = vi.spyOn(console, "error").mockImplementation((...parts) => void told.push(...parts));
    onTestFinished(() => errors.mockRestore());
    const broken = { ...env, TENANT_BUDGET: undefined as unknown as Cloudflare.Env["TENANT_BUDGET"] };
    const request = new Request(`https://budget.test${newTenantPath()}/tenant/usage`, {
      headers: bearer(SECRETS.ADMIN_TOKEN),
    });
    const answer = await app.fetch(request, broken, createExecutionContext());
    expect(await answer.json()).toMatchObject({ status: 500, code: "internal", retryable: false });
    expect(told).toHaveLength(1);
    expect(`${told}`).not.toContain(SECRETS.ADMIN_TOKEN);
  });
});
