/** Minted tokens: their scopes, bindings, expiry and signing keys. */
import { createExecutionContext, env } from "cloudflare:test";
import { UnsecuredJWT } from "jose";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { app } from "../../src/worker/app.ts";
import { newTenantPath, type Reply, send } from "./http.ts";
import { SECRETS } from "./secrets.ts";
import { bearer, KEYS, sign, tenantOf } from "./token.ts";

const nowSeconds = () => Math.floor(Date.now() / 1000);

/** Calls with a token. */
function as(token: string, method: string, path: string, body?: unknown): Promise<Reply> {
  const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  return send(path, {
    method,
    headers: { ...bearer(token), ...json },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const mint = (tenant: string, request: object, token = SECRETS.ADMIN_TOKEN) =>
  as(token, "POST", `${tenant}/tokens`, request);

describe("a minted token", () => {
  test("has its scopes until it expires", async () => {
    const tenant = newTenantPath();
    const before = nowSeconds();
    const { status, body } = await mint(tenant, { scope: "check consume", user: "alice", ttl_seconds: 900 });
    expect(status).toBe(201);
    expect(body).toMatchObject({ tenant: tenantOf(tenant), user: "alice", scope: ["check", "consume"] });
    expect(Date.parse(body.expires_at) / 1000 - before).toBeGreaterThanOrEqual(900);
    expect(Date.parse(body.expires_at) / 1000 - nowSeconds()).toBeLessThanOrEqual(900);
    expect((await as(body.token, "POST", `${tenant}/consume`, { tokens_in: 5 })).status).toBe(200);
    expect((await send(`${tenant}/users/alice/usage`)).body).toMatchObject({ tokens_in: 5, calls: 1 });
    expect(await as(body.token, "GET", `${tenant}/users/alice/usage`)).toMatchObject({
      status: 403,
      body: { detail: "this call needs a token with the scope read; this one has check, consume" },
    });
  });

  test("is valid for an hour by default", async () => {
    const { body } = await mint(newTenantPath(), { scope: ["read"] });
    expect(Math.abs(Date.parse(body.expires_at) / 1000 - nowSeconds() - 3600)).toBeLessThanOrEqual(2);
  });

  test.each([
    ["no scope", {}, "/scope"],
    ["an unknown scope", { scope: "check everything" }, "/scope"],
    ["no scopes", { scope: [] }, "/scope"],
    ["a ttl_seconds of 0", { scope: "check", ttl_seconds: 0 }, "/ttl_seconds"],
    ["a ttl_seconds of more than a year", { scope: "check", ttl_seconds: 366 * 86_400 + 1 }, "/ttl_seconds"],
    ["an empty user", { scope: "check", user: "" }, "/user"],
    ["an unknown field", { scope: "check", user_id: "alice" }, "/user_id"],
  ])("is not minted with %s", async (_, request, pointer) => {
    expect(await mint(newTenantPath(), request)).toMatchObject({
      status: 400,
      body: { code: "invalid_input", errors: [{ pointer }] },
    });
  });
});

describe("a token cannot mint one that may do more than itself:", () => {
  test.each([
    ["a scope", { scope: "admin read" }, { scope: "admin configure" }],
    ["another user", { scope: "admin", user: "alice" }, { scope: "admin", user: "bob" }],
    ["another label", { scope: "admin", labels: { team: "red" } }, { scope: "admin", labels: { team: "blue" } }],
    ["a later expiry", { scope: "admin", ttl_seconds: 60 }, { scope: "admin", ttl_seconds: 120 }],
  ])("not %s", async (_, own, asked) => {
    const tenant = newTenantPath();
    const { token } = (await mint(tenant, own)).body;
    expect(await mint(tenant, asked, token)).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });

  test("a token minted without bindings has its bindings, and expires when it does", async () => {
    const tenant = newTenantPath();
    const bound = { user: "alice", labels: { team: "red" }, free_labels: ["run"] };
    const own = { scope: "admin consume", ...bound, ttl_seconds: 60 };
    const made = (await mint(tenant, own)).body;
    const { body } = await mint(tenant, { scope: "consume", labels: { run: "r1" } }, made.token);
    expect(body).toMatchObject({ user: "alice", labels: { team: "red", run: "r1" }, expires_at: made.expires_at });
    await as(body.token, "POST", `${tenant}/consume`, {});
    const [entry] = (await send(`${tenant}/ledger?kind=consume`)).body.items;
    expect(entry).toMatchObject({ user_id: "alice", labels: { team: "red", run: "r1" } });
  });

  test("not for another tenant", async () => {
    const { token } = (await mint(newTenantPath(), { scope: "admin" })).body;
    expect(await mint(newTenantPath(), { scope: "admin" }, token)).toMatchObject({ status: 403 });
  });
});

describe("a token bound to a user and to labels", () => {
  const ask = async (step: object, claims = { user: "alice", labels: { team: "red", model: "m" } }) => {
    const tenant = newTenantPath();
    return as(await sign({ tenant: tenantOf(tenant), ...claims }), "POST", `${tenant}/allows-step`, step);
  };

  test.each([
    ["nothing", {}],
    ["its own user", { user_id: "alice" }],
    ["its own labels", { labels: { team: "red", model: "m" } }],
    ["its own model", { model: "m" }],
  ])("takes a step that names %s", async (_, step) => {
    expect(await ask(step)).toMatchObject({ status: 200, body: { state: "ok" } });
  });

  test.each([
    ["another user", { user_id: "bob" }],
    ["the anonymous user", { user_id: null }],
    ["another team", { labels: { team: "blue" } }],
    ["another model", { model: "n" }],
    ["all the tenant's limits", { detail: true }],
  ])("refuses a step that names %s", async (_, step) => {
    expect(await ask(step)).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });

  test("refuses more labels than a step may have, its own among them", async () => {
    const freeLabels = [..."abcdefgh"];
    const labels = Object.fromEntries(freeLabels.map((name) => [name, "x"]));
    const claims = { user: "alice", labels: { team: "red", model: "m" }, free_labels: freeLabels };
    expect(await ask({ labels }, claims)).toMatchObject({ status: 400, body: { errors: [{ pointer: "/labels" }] } });
  });

  test("settles its own reservations at their own model, and nobody else's", async () => {
    const path = newTenantPath();
    const tenant = tenantOf(path);
    const alice = await sign({ tenant, user: "alice", labels: { model: "gpt-4o-mini" } });
    const hold = async (token: string, step = {}) => (await as(token, "POST", `${path}/reservations`, step)).body.id;
    const commit = (id: string, spent: object) => as(alice, "POST", `${path}/reservations/${id}/commit`, spent);
    const own = await hold(alice);
    expect(await commit(own, { tokens_in: 1, model: "gpt-4o" })).toMatchObject({ status: 403 });
    expect(await commit(own, { tokens_in: 1, detail: true })).toMatchObject({ status: 403 });
    expect(await commit(own, { tokens_in: 1 })).toMatchObject({ status: 200, body: { user_id: "alice" } });
    const bobs = await hold(SECRETS.ADMIN_TOKEN, { user_id: "bob", labels: { model: "gpt-4o-mini" } });
    expect(await commit(bobs, { tokens_in: 1 })).toMatchObject({ status: 404, body: { code: "unknown_reservation" } });
  });

  const reads = async (claims: { user?: string; labels?: Record<string, string> }, scope: string, id: string) => {
    const tenant = newTenantPath();
    const path = `${tenant}/buckets/${scope}/${encodeURIComponent(id)}/usage`;
    return (await as(await sign({ tenant: tenantOf(tenant), ...claims }), "GET", path)).status;
  };

  test("reads its user's buckets and no others", async () => {
    const alice = { user: "alice", labels: { team: "red" } };
    expect(await reads(alice, "user", "alice")).toBe(200);
    expect(await reads(alice, "user_and_team", '["alice","red"]')).toBe(200);
    expect(await reads(alice, "user_and_model", '["alice","m"]')).toBe(200);
    expect(await reads(alice, "user_and_team", '["alice","blue"]')).toBe(403);
    expect(await reads(alice, "user_and_team", '["bob","red"]')).toBe(403);
    expect(await reads(alice, "user_and_team", '[null,"red"]')).toBe(403);
    expect(await reads(alice, "team", "red")).toBe(403);
  });

  test("with labels alone reads buckets that name all of them", async () => {
    const red = { labels: { team: "red" } };
    expect(await reads(red, "team", "red")).toBe(200);
    expect(await reads(red, "model_and_team", '["m","red"]')).toBe(200);
    expect(await reads(red, "team", "blue")).toBe(403);
    expect(await reads(red, "user", "alice")).toBe(403);
    expect(await reads({ labels: { team: "red", key: "k" } }, "team", "red")).toBe(403);
  });
});

describe("a token is refused that", () => {
  const path = newTenantPath();
  const tenant = tenantOf(path);
  const good = { tenant, iat: 0, jti: "j", scope: "read" };
  test.each([
    ["is unsigned", async () => new UnsecuredJWT({ ...good, exp: nowSeconds() + 60 }).encode(), "an algorithm"],
    ["is signed by nobody", async () => `${(await sign({ tenant })).replace(/\.[^.]+$/, "")}.`, "not signed"],
    ["is signed with another key", () => sign({ tenant }, { secret: "x".repeat(40) }), "not signed by a key"],
    ["names an unknown key", () => sign({ tenant }, { kid: "older" }), "not signed by a key"],
    ["names a key other than its own", () => sign({ tenant }, { kid: "new", secret: KEYS.old }), "not signed"],
    [
      "is signed by another algorithm",
      () => sign({ tenant }, { alg: "HS512", secret: "x".repeat(64) }),
      "an algorithm",
    ],
    ["is not valid yet", () => sign({ tenant, nbf: nowSeconds() + 31 }), "nbf"],
    ["never expires", () => sign({ tenant, exp: undefined as unknown as number }), "exp"],
    ["expires beyond all time", () => sign({ tenant, exp: 1e20 }), "lifetime"],
    ["expires at an invalid time", () => sign({ tenant, exp: "soon" as unknown as number }), "exp"],
    ["expires too late", () => sign({ tenant, exp: nowSeconds() + 367 * 86_400 }), "lifetime"],
    ["has no jti", () => sign({ tenant, jti: undefined as unknown as string }), "jti"],
    ["has no tenant", () => sign({}), "tenant"],
    ["has an invalid user", () => sign({ tenant, user: "" }), "user"],
    ["has free_labels without a binding", () => sign({ tenant, free_labels: ["run"] }), "free_labels"],
    ["has an invalid name in free_labels", () => sign({ tenant, user: "u", free_labels: ["user"] }), "free_labels"],
    ["has too many ancestors", () => sign({ tenant, anc: [..."abcdefghi"] }), "anc"],
    ["has invalid labels", () => sign({ tenant, labels: ["red"] }), "labels"],
    ["is not a JWT", async () => "a.b.c", "not a valid token"],
    ["has a changed payload", async () => (await sign({ tenant })).replace(/\.(.)/, ".f"), "token"],
  ])("%s", async (_, token, detail) => {
    const reply = await as(await token(), "GET", `${path}/tenant/usage`);
    expect(reply).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect(reply.body.detail).toContain(detail);
    expect(reply.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  });

  test.each([
    ["a moment ago", () => nowSeconds() - 31, "the token expired at 2"],
    ["before all time", () => -1e20, "its claim exp is -100000000000000000000"],
  ])("expired %s, with token_expired", async (_, exp, detail) => {
    const reply = await as(await sign({ tenant, exp: exp() }), "GET", `${path}/tenant/usage`);
    expect(reply).toMatchObject({ status: 401, body: { code: "token_expired", retryable: false } });
    expect(reply.body.detail).toContain(detail);
    expect(reply.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  });

  test("is not a token", async () => {
    const reply = await send(`${path}/tenant/usage`, { headers: { authorization: "" } });
    expect(reply).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect(reply.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("expired, after the allowed clock skew", async () => {
    const now = nowSeconds();
    const token = await sign({ tenant, exp: now + 60 });
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    for (const [seconds, status] of [
      [0, 200],
      [89, 200],
      [90, 401],
    ] as const) {
      vi.setSystemTime((now + seconds) * 1000);
      expect((await as(token, "GET", `${path}/tenant/usage`)).status).toBe(status);
    }
  });
});

describe("keys are rotated without an interruption:", () => {
  test.each([
    ["the old key's tokens stay valid", { kid: "old", secret: KEYS.old }],
    ["tokens without a key id are verified with each", { kid: "", secret: KEYS.old }],
  ])("%s", async (_, header) => {
    const tenant = newTenantPath();
    expect((await as(await sign({ tenant: tenantOf(tenant) }, header), "GET", `${tenant}/tenant/usage`)).status).toBe(
      200,
    );
  });

  test("the first key signs", async () => {
    const { token } = (await mint(newTenantPath(), { scope: "read" })).body;
    expect(JSON.parse(atob(token.split(".")[0]))).toEqual({ alg: "HS256", typ: "JWT", kid: "new" });
  });
});

describe("without its secrets, the service serves nothing below /v1, and says what to set:", () => {
  const call = async (settings: Partial<Cloudflare.Env>, path = newTenantPath(), token = SECRETS.ADMIN_TOKEN) => {
    const request = new Request(`https://budget.test${path}/tenant/usage`, { headers: bearer(token) });
    const response = await app.fetch(request, { ...env, ...settings }, createExecutionContext());
    return { status: response.status, headers: response.headers, body: await response.json<{ detail: string }>() };
  };

  test.each([
    ["no operator's token", { ADMIN_TOKEN: "" }, "ADMIN_TOKEN"],
    ["an operator's token that can be guessed", { ADMIN_TOKEN: "admin" }, "ADMIN_TOKEN"],
    ["no key", { TOKEN_SECRET: "" }, "TOKEN_SECRET"],
    ["a key that can be guessed", { TOKEN_SECRET: "k:secret" }, "TOKEN_SECRET"],
    ["two keys with one id", { TOKEN_SECRET: `k:${KEYS.new},k:${KEYS.old}` }, "TOKEN_SECRET"],
    ["a key set over plain http", { JWKS_URL: "http://idp.example/jwks" }, "JWKS_URL"],
    ["a key set without an audience", { JWKS_URL: "https://idp.example/jwks" }, "JWKS_AUDIENCE"],
    [
      "claims that are not mapped",
      { JWKS_URL: "https://i.example", JWKS_ISSUER: "i", JWKS_AUDIENCE: "a", JWKS_CLAIMS: "tenant=org" },
      "JWKS_CLAIMS",
    ],
    ["an origin with a slash at its end", { CORS_ORIGINS: "https://app.example/" }, "CORS_ORIGINS"],
    ["origins separated by a comma", { CORS_ORIGINS: "https://a.example,https://b.example" }, "CORS_ORIGINS"],
    ["origins separated by a comma and a space", { CORS_ORIGINS: "https://a.example, *" }, "CORS_ORIGINS"],
    ["an origin without a scheme", { CORS_ORIGINS: "https://a.example app.example" }, "CORS_ORIGINS"],
    ["an origin with a path", { CORS_ORIGINS: "https://app.example/page" }, "CORS_ORIGINS"],
    ["an origin that no browser sends", { CORS_ORIGINS: "https://App.example:443" }, "CORS_ORIGINS"],
    ["a pattern of origins", { CORS_ORIGINS: "https://*.app.example" }, "CORS_ORIGINS"],
  ])("%s", async (_, settings, name) => {
    const { status, headers, body } = await call(settings);
    expect({ status, body }).toMatchObject({ status: 503, body: { code: "not_configured", retryable: true } });
    expect(body.detail).toContain(name);
    expect(headers.get("retry-after")).toBe("60");
    expect(JSON.stringify(body)).not.toContain(KEYS.new);
  });

  test.each(["", "*", " https://a.example  http://127.0.0.1:8790\n", "https://[::1]:8443", "capacitor://localhost"])(
    "%j is a list of origins",
    async (CORS_ORIGINS) => expect((await call({ CORS_ORIGINS })).status).toBe(200),
  );

  test("a key without an id is enough, and an operator may have two tokens", async () => {
    const settings = { TOKEN_SECRET: KEYS.old, ADMIN_TOKEN: `${"n".repeat(32)},${"o".repeat(32)}` };
    for (const token of ["n".repeat(32), "o".repeat(32)]) {
      expect((await call(settings, newTenantPath(), token)).status).toBe(200);
    }
    expect((await call(settings)).status).toBe(401);
    const path = newTenantPath();
    const token = await sign({ tenant: tenantOf(path) }, { kid: "", secret: KEYS.old });
    expect((await call(settings, path, token)).status).toBe(200);
  });
});
