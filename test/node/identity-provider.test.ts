/** Tokens that a customer's own provider signs, and the keys it serves. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startWorkerd, type Workerd } from "../../scripts/workerd.ts";
import { SECRETS } from "../worker/secrets.ts";
import { ROOT } from "./wrangler.ts";

const ISSUER = "https://idp.example/";
const AUDIENCE = "edge-budget";

type Key = { readonly alg: string; readonly kid: string; readonly privateKey: CryptoKey; readonly jwk: JWK };

async function newKey(alg: "RS256" | "ES256", kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** A customer's identity provider: what it serves can be changed, and it counts how often it was asked. */
class Provider {
  readonly #server: Server;
  keys: JWK[] = [];
  asked = 0;
  /** Answers nothing. */
  hangs = false;

  constructor() {
    this.#server = createServer((_, response) => {
      this.asked += 1;
      if (!this.hangs) response.end(JSON.stringify({ keys: this.keys }));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const provider = new Provider();
let rsa: Key;
let ec: Key;
let service: Workerd;
beforeAll(async () => {
  [rsa, ec] = await Promise.all([newKey("RS256", "r1"), newKey("ES256", "e1")]);
  provider.keys = [rsa.jwk, ec.jwk];
  service = await startService(
    await provider.listen(),
    "tenant=https://acme.example/org user=sub scope=permissions labels.team=app_metadata.team free_labels=may_name",
  );
});
afterAll(async () => {
  await service.dispose();
  provider.close();
});

function startService(jwksUrl: string, claims: string): Promise<Workerd> {
  return startWorkerd({
    entry: new URL("src/index.ts", `file://${ROOT}`),
    durableObjects: { TENANT_BUDGET: "TenantBudget" },
    vars: {
      ...SECRETS,
      REQUEST_LOG: "off",
      JWKS_URL: jwksUrl,
      JWKS_ISSUER: ISSUER,
      JWKS_AUDIENCE: AUDIENCE,
      JWKS_CLAIMS: claims,
    },
  });
}

const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: "alice",
  "https://acme.example/org": "acme",
  permissions: ["check", "read", "other:thing"],
  app_metadata: { team: "red" },
};

function sign({ alg, kid, privateKey }: Key, claims: JWTPayload = {}): Promise<string> {
  return new SignJWT({ ...CLAIMS, ...claims })
    .setProtectedHeader({ alg, kid })
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(privateKey);
}

async function call(
  token: string,
  path: string,
  body?: unknown,
  url = service.url,
): Promise<{ status: number; body: { code?: string; detail?: string } }> {
  const response = await fetch(`${url}/v1/tenants/acme${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as { code?: string; detail?: string } };
}

describe("a customer's identity provider", () => {
  test("signs tokens that are valid here, with either algorithm, and its keys are fetched once", async () => {
    for (const key of [rsa, ec, rsa]) {
      const token = await sign(key);
      expect(await call(token, "/allows-step", {})).toMatchObject({ status: 200, body: { state: "ok" } });
      expect(await call(token, "/users/alice/usage")).toMatchObject({ status: 200, body: { id: "alice" } });
    }
    expect(provider.asked).toBe(1);
  });

  test("binds tokens to its users and labels, and grants the scopes that it names", async () => {
    const token = await sign(rsa);
    expect((await call(token, "/allows-step", { user_id: "bob" })).status).toBe(403);
    expect((await call(token, "/allows-step", { labels: { team: "blue" } })).status).toBe(403);
    expect((await call(token, "/users/bob/usage")).status).toBe(403);
    expect((await call(token, "/tenant/usage")).status).toBe(403);
    expect(await call(token, "/consume", {})).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect((await call(await sign(rsa, { "https://acme.example/org": "other" }), "/allows-step", {})).status).toBe(403);
  });

  test.each([
    ["another issuer", { iss: "https://evil.example/" }, "iss"],
    ["another audience", { aud: "another-service" }, "aud"],
    ["no tenant", { "https://acme.example/org": undefined }, "tenant"],
    ["no user", { sub: undefined }, "user"],
    ["no team", { app_metadata: {} }, "labels"],
    ["no scopes", { permissions: undefined }, "scope"],
  ])("cannot sign a valid token with %s", async (_, claims, named) => {
    const { status, body } = await call(await sign(rsa, claims as JWTPayload), "/allows-step", {});
    expect({ status, code: body.code }).toEqual({ status: 401, code: "unauthenticated" });
    expect(body.detail).toContain(named);
  });

  test("sets the free_labels of its tokens, in a list or in text; none by default", async () => {
    const step = { labels: { run: "r" } };
    const naming = async (may_name?: unknown) =>
      (await call(await sign(rsa, { may_name }), "/allows-step", step)).status;
    expect(await Promise.all([naming(), naming("key run"), naming(["run"]), naming([])])).toEqual([403, 200, 200, 403]);
    expect(await naming("User")).toBe(401);
  });

  test("does not validate another's key, nor its public key used as a secret", async () => {
    const stranger = await newKey("RS256", "r1");
    expect(await call(await sign(stranger), "/allows-step", {})).toMatchObject({ status: 401 });
    expect(await call(await sign({ ...stranger, kid: "r9" }), "/allows-step", {})).toMatchObject({ status: 401 });
    const confused = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: "HS256", kid: "r1" })
      .setExpirationTime("5m")
      .sign(new TextEncoder().encode(JSON.stringify(rsa.jwk)));
    expect(await call(confused, "/allows-step", {})).toMatchObject({ status: 401 });
  });

  test("is not asked again for each unknown key", async () => {
    const strangers = await Promise.all(Array.from({ length: 20 }, (_, i) => sign({ ...rsa, kid: `stranger-${i}` })));
    const answers = await Promise.all(strangers.map((token) => call(token, "/allows-step", {})));
    expect(answers.map(({ body }) => body.code)).toEqual(strangers.map(() => "unauthenticated"));
    expect(provider.asked).toBe(1);
  });

  test("that hangs is asked once, and later callers are refused at once", async () => {
    const hanging = new Provider();
    hanging.hangs = true;
    const away = await startService(await hanging.listen(), 'tenant="acme" scope="check read"');
    onTestFinished(async () => {
      await away.dispose();
      hanging.close();
    });
    const forged = () => sign({ ...rsa, kid: crypto.randomUUID() });
    const crowd = await Promise.all(Array.from({ length: 8 }, forged));
    const first = await Promise.all(crowd.map((token) => call(token, "/allows-step", {}, away.url)));
    expect(first.map(({ status }) => status)).toEqual(crowd.map(() => 503));
    expect(await call(await forged(), "/allows-step", {}, away.url)).toMatchObject({ body: { code: "unavailable" } });
    // A second attempt would be asked for again, and take as long as the first.
    expect(hanging.asked).toBe(1);
  });

  test("that cannot be reached is a temporary fault, and the operator's token is still valid", async () => {
    const away = await startService("http://127.0.0.1:9/jwks", 'tenant="acme" scope="check read"');
    onTestFinished(() => away.dispose());
    expect(await call(await sign(rsa), "/allows-step", {}, away.url)).toMatchObject({
      status: 503,
      body: { code: "unavailable", retryable: true },
    });
    expect((await call(SECRETS.ADMIN_TOKEN, "/tenant/usage", undefined, away.url)).status).toBe(200);
  });
});
