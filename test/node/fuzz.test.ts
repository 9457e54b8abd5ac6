import { describe, expect, test } from "vitest";
import { Dice } from "../../scripts/crash/dice.ts";
import type { Caller } from "../../scripts/fuzz/callers.ts";
import { ApiDocument } from "../../scripts/fuzz/document.ts";
import { undocumented } from "../../scripts/fuzz/documented.ts";
import type { FuzzAnswer, FuzzRequest } from "../../scripts/fuzz/exchange.ts";
import { trespasses } from "../../scripts/fuzz/ownership.ts";
import { World } from "../../scripts/fuzz/world.ts";
import { runScript } from "./run-script.ts";

test("the service withstands requests of every kind", async () => {
  const { stdout, stderr, code } = await runScript("scripts/fuzz/main.ts", "--count", "600", "--seed", "7");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^fuzz: seed 7, 32 clients\nfuzz: 30 of 600, /);
  expect(stdout).toMatch(
    /\nfuzz: 4 tenants, [1-9]\d* entries of their ledgers added up, 0 differences\nfuzz: 600 requests, 0 server errors, 0 undocumented answers, 0 cross-tenant answers\n$/,
  );
  expect(code).toBe(0);
});

/** A service of four operations, as its document would tell of it. */
const document = new ApiDocument({
  openapi: "3.1.0",
  paths: {
    "/v1/tenants/{tenant}/allows-step": { post: operation("allowsStep", "check", "Decision") },
    "/v1/tenants/{tenant}/consume": { post: operation("consume", "consume", "Decision") },
    "/v1/tenants/{tenant}/batch": { post: operation("batch", undefined, "BatchAnswer") },
    "/v1/tenants/{tenant}/users/{id}/usage": { get: operation("getUserUsage", "read", "Usage") },
  },
  components: {
    schemas: {
      Decision: { type: "object", properties: { state: { type: "string" }, reason: { type: ["string", "null"] } } },
      BatchAnswer: { type: "object", properties: { results: { type: "array" } } },
      Usage: { type: "object", properties: { scope: {}, id: {} } },
      Problem: { type: "object", required: ["type", "title", "status", "code", "detail", "retryable", "request_id"] },
    },
  },
});

function operation(operationId: string, scope: string | undefined, answer: string) {
  const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const refusal = { allOf: [refTo("Problem"), { properties: { code: { enum: ["invalid_input"] } } }] };
  return {
    operationId,
    security: [{ token: scope ? [scope] : [] }],
    parameters: [],
    responses: {
      200: { content: { "application/json": { schema: refTo(answer) } } },
      400: { content: { "application/problem+json": { schema: refusal } } },
    },
  };
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
    const place = document.placeOf(request.path);
    const call = { request, access, operation: place.operations.get(request.method), tenant: place.values[0] };
    return trespasses(world, document, call, answerOf(status, body), body);
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
      ["allowsStep told what is another tenant's"],
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
      ["allowsStep told what is another user's"],
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
      ["allowsStep told what is another team's"],
    ],
    [
      "another user's bucket",
      grant({ user: "alice" }),
      requestOf("GET", "/v1/tenants/a/users/bob/usage"),
      { scope: "user", id: "bob" },
      ["getUserUsage told a bound token of another bucket"],
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
    expect(found("nobody", requestOf("POST", STEP), told, 401)).toEqual(["allowsStep told what is another user's"]);
  });
});

describe("what the document does not describe", () => {
  const PROBLEM = { title: "t", detail: "d", retryable: false, request_id: "r" };
  const problem = (status: number, code: string) => ({ ...PROBLEM, type: `http://x/problems/${code}`, status, code });

  const found = (request: FuzzRequest, answer: FuzzAnswer) =>
    undocumented(document, request, [document.placeOf(request.path)], answer);
  const step = requestOf("POST", "/v1/tenants/a/allows-step");

  test.each<[string, FuzzRequest, FuzzAnswer, string[]]>([
    ["all is told", step, answerOf(200, DECISION), []],
    ["another status", step, answerOf(202, DECISION), ["allowsStep does not tell: status 202"]],
    [
      "another type",
      step,
      answerOf(200, "x", { "content-type": "text/plain" }),
      ["allowsStep does not tell: type text/plain of status 200"],
    ],
    ["no JSON", step, { ...answerOf(200, ""), text: "{" }, ["what is said to be application/json is not"]],
    ["a field more", step, answerOf(200, { ...DECISION, x: 1 }), [expect.stringContaining('"additionalProperty":"x"')]],
    [
      "another code",
      step,
      answerOf(400, problem(400, "already_settled")),
      [expect.stringContaining("/code must be equal")],
    ],
    [
      "a problem of another status",
      step,
      answerOf(400, problem(403, "invalid_input")),
      ["a problem's status is not the answer's"],
    ],
    [
      "a known route's wrong method",
      { ...step, method: "PUT" },
      answerOf(405, problem(405, "method_not_allowed"), { allow: "POST" }),
      [],
    ],
    [
      "one without Allow",
      { ...step, method: "PUT" },
      answerOf(405, problem(405, "method_not_allowed")),
      ["allow does not list every method: "],
    ],
    ["an unknown route", requestOf("GET", "/x"), answerOf(404, problem(404, "not_found")), []],
    [
      "one that is answered",
      requestOf("GET", "/x"),
      answerOf(200, {}),
      ["an unknown route is answered 200 application/json"],
    ],
    [
      "no request id",
      step,
      answerOf(200, DECISION, { "x-request-id": undefined }),
      ["x-request-id is missing, or not the request's"],
    ],
  ])("%s", (_, request, answer, expected) => {
    expect(found(request, answer)).toEqual(expected);
  });
});
