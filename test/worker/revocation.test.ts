/** Revoked tokens, their descendants, and the objects they no longer reach. */
import { createExecutionContext, env } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Operation } from "../../src/operations/index.ts";
import { app } from "../../src/worker/app.ts";
import { newTenantPath, type Reply, send } from "./http.ts";
import { SECRETS } from "./secrets.ts";
import { bearer, sign, tenantOf } from "./token.ts";

function as(token: string, method: string, path: string, body?: object): Promise<Reply> {
  const headers = { ...bearer(token), "content-type": "application/json" };
  return send(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

/** Mints a token with every scope by default. */
async function mint(path: string, token = SECRETS.ADMIN_TOKEN, request: object = {}) {
  const { status, body } = await as(token, "POST", `${path}/tokens`, { scope: "admin check", ...request });
  expect(status, JSON.stringify(body)).toBe(201);
  return body as { token: string; jti: string };
}

const REVOKED = { status: 401, body: { code: "token_revoked" } };

test("every descendant of a revoked token is revoked, and mints no more", async () => {
  const path = newTenantPath();
  const root = await mint(path);
  const child = await mint(path, root.token);
  const grandchild = await mint(path, child.token);
  const sibling = await mint(path, root.token);
  await send(`${path}/tokens/${child.jti}`, { method: "DELETE" });
  for (const { token } of [child, grandchild]) {
    expect(await as(token, "POST", `${path}/allows-step`, {})).toMatchObject(REVOKED);
    expect(await as(token, "POST", `${path}/tokens`, { scope: "check" })).toMatchObject(REVOKED);
  }
  for (const { token } of [root, sibling]) {
    expect(await as(token, "POST", `${path}/allows-step`, {})).toMatchObject({ status: 200 });
  }
});

test("a token has at most eight ancestors", async () => {
  const path = newTenantPath();
  let { token } = await mint(path);
  for (let i = 0; i < 8; i += 1) ({ token } = await mint(path, token));
  expect(await as(token, "POST", `${path}/allows-step`, {})).toMatchObject({ status: 200 });
  expect(await as(token, "POST", `${path}/tokens`, { scope: "check" })).toMatchObject({
    status: 403,
    body: { code: "forbidden", detail: "this token descends from 8 others and cannot mint another" },
  });
});

test("the ledger has every mint, the operator's too, and every revocation", async () => {
  const path = newTenantPath();
  const root = await mint(path);
  const child = await mint(path, root.token, { scope: "check", user: "alice", ttl_seconds: 60 });
  await send(`${path}/tokens/${root.jti}`, { method: "DELETE" });
  const { items } = (await send(`${path}/ledger`)).body;
  expect(items).toMatchObject([
    { kind: "token", jti: root.jti, grants: ["admin", "check"], ancestors: [] },
    { kind: "token", jti: child.jti, grants: ["check"], user_id: "alice", ancestors: [root.jti] },
    { kind: "revocation", jti: root.jti },
  ]);
});

/** Objects that count what reaches them, and answer that the caller's token was revoked. */
function revoking() {
  const reached: string[] = [];
  const run = async ({ op }: Operation) => {
    reached.push(op);
    return { ok: false, refusal: { code: "token_revoked", detail: "this token was revoked" } };
  };
  return { reached, TENANT_BUDGET: { getByName: () => ({ run }) } };
}

async function ask(path: string, token: string, settings: object) {
  const init = { method: "POST", headers: { ...bearer(token), "content-type": "application/json" }, body: "{}" };
  const request = new Request(`https://budget.test${path}/allows-step`, init);
  const answer = await app.fetch(request, { ...env, ...settings }, createExecutionContext());
  return { status: answer.status, body: await answer.json() };
}

test("a revoked token reaches its tenant's object once, and does not use up the tenant's rate", async () => {
  const path = newTenantPath();
  const token = await sign({ tenant: tenantOf(path) });
  const counted: string[] = [];
  const TENANT_RATE: RateLimit = {
    limit: async ({ key }) => {
      counted.push(key);
      return { success: true };
    },
  };
  const { reached, TENANT_BUDGET } = revoking();
  for (let i = 0; i < 3; i += 1) {
    expect(await ask(path, token, { TENANT_BUDGET, TENANT_RATE })).toMatchObject(REVOKED);
  }
  expect({ reached, counted }).toEqual({ reached: ["allows_step"], counted: [tenantOf(path)] });
});

test("a token revoked here does not reach the object, and one of the same jti at another tenant does", async () => {
  const [path, other] = [newTenantPath(), newTenantPath()];
  const jti = crypto.randomUUID();
  await send(`${path}/tokens/${jti}`, { method: "DELETE" });
  const { reached, TENANT_BUDGET } = revoking();
  const child = await sign({ tenant: tenantOf(path), anc: [jti] });
  for (const token of [await sign({ tenant: tenantOf(path), jti }), child]) {
    expect(await ask(path, token, { TENANT_BUDGET })).toMatchObject(REVOKED);
  }
  expect(reached).toEqual([]);
  expect(await ask(other, await sign({ tenant: tenantOf(other), jti }), {})).toMatchObject({ status: 200 });
});
