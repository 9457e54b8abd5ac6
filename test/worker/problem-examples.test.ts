/** The examples of problems: each is a sentence that the service says. */
import { createExecutionContext, env } from "cloudflare:test";
import { expect, test } from "vitest";
import type { ProblemCode } from "../../src/wire/index.ts";
import { app } from "../../src/worker/app.ts";
import { PROBLEM_PAGES } from "../../src/worker/problem-pages.ts";
import { newTenantPath, send, sendJson } from "./http.ts";
import { SECRETS } from "./secrets.ts";
import { bearer, sign, tenantOf } from "./token.ts";

const example = (code: ProblemCode) => PROBLEM_PAGES[code].example.detail;

/** A call to the service with some variables set otherwise. */
async function callWith(settings: object, path: string, headers: Record<string, string>, body?: object) {
  const request = new Request(`https://budget.test${path}`, {
    method: body ? "POST" : "GET",
    headers: { ...headers, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await app.fetch(request, { ...env, ...settings }, createExecutionContext());
  return answer.json<{ code: ProblemCode; detail: string }>();
}

test("not_configured", async () => {
  const path = `${newTenantPath()}/tenant/usage`;
  const { code, detail } = await callWith({ ADMIN_TOKEN: "" }, path, bearer(SECRETS.ADMIN_TOKEN));
  expect({ code, detail }).toEqual({ code: "not_configured", detail: example("not_configured") });
});

test("rate_limited", async () => {
  const path = newTenantPath();
  const token = await sign({ tenant: tenantOf(path), scope: "check", jti: crypto.randomUUID() });
  const operations = (count: number) => ({ operations: Array(count).fill({ op: "allows_step" }) });
  const settings = { TOKEN_OPERATIONS: "5000", TENANT_OPERATIONS: "", TOKEN_RATE: undefined, TENANT_RATE: undefined };
  const call = () => callWith(settings, `${path}/batch`, bearer(token), operations(1000));
  for (let sent = 0; sent < 5; sent += 1) await call();
  const { code, detail } = await call();
  expect({ code, detail }).toEqual({ code: "rate_limited", detail: example("rate_limited") });
});

test("unknown_model", async () => {
  const tenant = newTenantPath();
  await sendJson("PUT", `${tenant}/config`, { max_cost_usd: 1 });
  const { body } = await sendJson("POST", `${tenant}/reservations`, { model: "my-model", tokens: 1 });
  expect(body).toMatchObject({ code: "unknown_model", detail: example("unknown_model") });
});

test.each<[ProblemCode, string, string, unknown]>([
  ["invalid_input", "POST", "/consume", { tokens_in: -1 }],
  ["invalid_path", "GET", `/users/${"x".repeat(257)}/usage`, undefined],
  ["unsupported_media_type", "POST", "/consume", undefined],
  ["sum_out_of_range", "POST", "/tenant/adjust", { tokens_in: -1, note: "n" }],
  ["unknown_bucket", "POST", "/overflow/user/adjust", { tokens_in: 1, note: "n" }],
  ["unknown_reservation", "GET", "/reservations/01KAW00000000000000000000", undefined],
])("%s", async (code, method, path, body) => {
  const tenant = newTenantPath();
  const reply =
    body === undefined
      ? await send(tenant + path, {
          method,
          ...(method === "POST" && { body: "{}", headers: { "content-type": "text/plain" } }),
        })
      : await sendJson(method, tenant + path, body as object);
  expect({ code: reply.body.code, detail: reply.body.detail }).toEqual({ code, detail: example(code) });
});

test.each<[ProblemCode, object]>([
  ["budget_exhausted", { max_tokens: 5 }],
  ["limit_reached", { max_tokens_per_day: 5 }],
])("%s", async (code, config) => {
  const tenant = newTenantPath();
  await sendJson("PUT", `${tenant}/config`, config);
  await sendJson("POST", `${tenant}/consume`, { tokens_in: 4 });
  const { body } = await sendJson("POST", `${tenant}/reservations`, { tokens: 2 });
  expect({ code: body.code, detail: body.detail }).toEqual({ code, detail: example(code) });
});

test("idempotency_mismatch", async () => {
  const tenant = newTenantPath();
  await sendJson("POST", `${tenant}/consume`, { tokens_in: 1, idempotency_key: "k-1" });
  const { body } = await sendJson("POST", `${tenant}/consume`, { tokens_in: 2, idempotency_key: "k-1" });
  expect({ code: body.code, detail: body.detail }).toEqual({
    code: "idempotency_mismatch",
    detail: example("idempotency_mismatch"),
  });
});
