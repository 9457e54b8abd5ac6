/** The service withstands a short run, and each check reports its faults. */
import { describe, expect, test, vi } from "vitest";
import { Dice } from "../../scripts/crash/dice.ts";
import type { Caller } from "../../scripts/fuzz/callers.ts";
import type { FuzzAnswer, FuzzRequest } from "../../scripts/fuzz/exchange.ts";
import { trespasses } from "../../scripts/fuzz/ownership.ts";
import { protocolFaults } from "../../scripts/fuzz/protocol.ts";
import { Routes } from "../../scripts/fuzz/routes.ts";
import { World } from "../../scripts/fuzz/world.ts";
import { SECRETS } from "../worker/secrets.ts";
import { runScript } from "./run-script.ts";

test("the service withstands requests of every kind", async () => {
  const { stdout, stderr, code } = await runScript("scripts/fuzz/main.ts", "--count", "600", "--seed", "7");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^fuzz: seed 7, 32 clients\nfuzz: 30 of 600, /);
  expect(stdout).toMatch(
    /\nfuzz: 4 tenants, [1-9]\d* ledger entries compared with their totals, 0 differences\nfuzz: 600 requests, 0 server errors, 0 malformed answers, 0 cross-tenant answers\n$/,
  );
  expect(code).toBe(0);
});

test.each([
  [["--bundle", "nowhere"], "fuzz: nowhere/workerd.capnp is not there; npm run build makes it\n"],
  [["--url", "http://127.0.0.1:9"], "fuzz: http://127.0.0.1:9 does not answer\n"],
])("without a service, %j exits 2 and says why", async (options, stderr) => {
  for (const [name, secret] of Object.entries(SECRETS)) vi.stubEnv(name, secret);
  expect(await runScript("scripts/fuzz/main.ts", ...options)).toMatchObject({ code: 2, stderr });
  vi.unstubAllEnvs();
});

/** A service of four operations. */
const routes = new Routes({
  paths: {
    "/v1/tenants/{tenant}/allows-step": { post: operation("allowsStep", "check") },
    "/v1/tenants/{tenant}/consume": { post: operation("consume", "consume") },
    "/v1/tenants/{tenant}/batch": { post: operation("batch") },
    "/v1/tenants/{tenant}/users/{id}/usage": { get: operation("getUserUsage", "read") },
  },
});

function operation(operationId: string, scope?: string) {
  return { operationId, security: [{ token: scope ? [scope] : [] }], parameters: [] };
}

const DECISION = { state: "ok", reason: null };

const grant = (more: object = {}) => ({ tenant: "a", scopes: new Set(["check", "read"]), ...more });

function requestOf(method: string, path: string, body?: object): FuzzRequest {
  const caller: Caller = { name: "somebody", authorization: undefined, access: "nobody" };
  return { method, path, headers: {}, body: body && JSON.stringify(body), caller };
}

function answerOf(status: number, body: unknown, headers: object = {}): FuzzAnswer {
  const type = status < 300 ? "application/json" : "application/problem+json";
  const common = { "content-type": type, "x-request-id": "r", "cache-control": "no-store" };
  return { status, headers: { ...common, ...headers }, text: JSON.stringify(body) };
}

describe("what a caller must not see in an answer", () => {
  const world = new World(new Dice(1), ["a", "b"]);
  const STEP = "/v1/tenants/a/allows-step";
  const secret = (tenant: string, kind: "tenant" | "user" | "team", name: string) =>
    world.secretOf({ tenant, kind, name });

  function found(access: Caller["access"], request: FuzzRequest, body: unknown, status = 200): string[] {
    const place = routes.placeOf(request.path);
    const call = { request, access, operation: place.operations.get(request.method), tenant: place.values[0] };
    return trespasses(world, routes, call, answerOf(status, body), body);
  }

  test.each<[string, Caller["access"], FuzzRequest, unknown, string[]]>([
    ["its own", grant(), requestOf("POST", STEP), DECISION, []],
    ["the operator's", "operator", requestOf("POST", STEP), DECISION, []],
    ["nobody's", "nobody", requestOf("POST", STEP), DECISION, ["allowsStep let nobody in"]],
    [
      "another tenant's",
      grant({ tenant: "b" }),
      requestOf("POST", STEP),
      DECISION,
      ["allowsStep let another tenant's token in"],
    ],
    [
      "without the scope",
      grant({ scopes: new Set(["read"]) }),
      requestOf("POST", STEP),
      DECISION,
      ["allowsStep let a token without check in"],
    ],
    [
      "a secret of the operator's other tenant",
      "operator",
      requestOf("POST", STEP),
      { ...DECISION, reason: secret("b", "tenant", "") },
      ["allowsStep disclosed another tenant's data"],
    ],
    [
      "a secret that the request has",
      "operator",
      requestOf("POST", STEP, { note: secret("b", "tenant", "") }),
      { ...DECISION, reason: secret("b", "tenant", "") },
      [],
    ],
    [
      "a secret of another user",
      grant({ user: "alice" }),
      requestOf("POST", STEP),
      { ...DECISION, reason: secret("a", "user", "bob") },
      ["allowsStep disclosed another user's data"],
    ],
    [
      "a secret of its own user",
      grant({ user: "alice" }),
      requestOf("POST", STEP),
      { ...DECISION, reason: secret("a", "user", "alice") },
      [],
    ],
    [
      "a secret of another team",
      grant({ labels: { team: "red" } }),
      requestOf("POST", STEP),
      { ...DECISION, reason: secret("a", "team", "blue") },
      ["allowsStep disclosed another team's data"],
    ],
    [
      "another user's bucket",
      grant({ user: "alice" }),
      requestOf("GET", "/v1/tenants/a/users/bob/usage"),
      { scope: "user", id: "bob" },
      ["getUserUsage disclosed another bucket to a bound token"],
    ],
    [
      "an operation of a batch without its scope",
      grant(),
      requestOf("POST", "/v1/tenants/a/batch", { operations: [{ op: "consume" }, { op: "allows_step" }] }),
      {
        results: [
          { status: 200, body: DECISION },
          { status: 200, body: DECISION },
        ],
      },
      ["consume let a token without consume in"],
    ],
  ])("%s", (_, access, request, body, expected) => {
    expect(found(access, request, body)).toEqual(expected);
  });

  test("a refusal with another tenant's secret", () => {
    const told = { detail: secret("b", "user", "bob") };
    expect(found(grant({ tenant: "b" }), requestOf("POST", STEP), told, 403)).toEqual([]);
    expect(found("nobody", requestOf("POST", STEP), told, 401)).toEqual(["allowsStep disclosed another user's data"]);
  });
});

describe("what every answer has", () => {
  const PROBLEM = { title: "t", detail: "d", retryable: false, request_id: "r" };
  const problem = (status: number, more: object = {}) =>
    answerOf(status, { ...PROBLEM, type: "http://x/problems/c", status, code: "c", ...more });
  const step = requestOf("POST", "/v1/tenants/a/allows-step");

  test.each<[string, FuzzRequest, FuzzAnswer, string[]]>([
    ["a success", step, answerOf(200, DECISION), []],
    ["a problem", step, problem(400), []],
    ["text that is not JSON", step, { ...answerOf(200, ""), text: "{" }, ["the body is not application/json"]],
    [
      "an error of another type",
      step,
      answerOf(404, "x", { "content-type": "text/html" }),
      ["404 has the type text/html"],
    ],
    ["a problem of another status", step, problem(400, { status: 403 }), ["a problem's status is not the answer's"]],
    [
      "a problem of another request",
      step,
      problem(400, { request_id: "s" }),
      ["a problem's request_id is not the answer's"],
    ],
    [
      "a problem with another page",
      step,
      problem(400, { type: "http://x/problems/d" }),
      ["a problem's type is not its code's"],
    ],
    [
      "a retry without a time",
      step,
      problem(429, { retryable: true }),
      ["retryable without Retry-After, or the reverse"],
    ],
    ["no challenge", step, problem(401), ["401 without WWW-Authenticate, or with another status"]],
    ["no methods", step, problem(405), ["405 without Allow"]],
    ["a body of HEAD", { ...step, method: "HEAD" }, answerOf(200, DECISION), ["HEAD has a body"]],
    [
      "one that is kept",
      step,
      answerOf(200, DECISION, { "cache-control": undefined }),
      ["cache-control is not no-store"],
    ],
    [
      "no request id",
      step,
      answerOf(200, DECISION, { "x-request-id": undefined }),
      ["x-request-id is missing, or not the request's"],
    ],
    [
      "an id that is not the request's",
      { ...step, headers: { "x-request-id": "mine" } },
      answerOf(200, DECISION),
      ["x-request-id is missing, or not the request's"],
    ],
  ])("%s", (_, request, answer, expected) => {
    expect(protocolFaults(request, answer)).toEqual(expected);
  });
});
