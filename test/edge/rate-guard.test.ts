import { createExecutionContext, env } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { app } from "../../src/edge/app.ts";
import { newTenantPath } from "./http.ts";
import { SECRETS } from "./secrets.ts";
import { bearer, sign, tenantOf } from "./token.ts";

/** Counts calls by key, and lets so many of each through. */
class Counter implements RateLimit {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  async limit({ key }: { key: string }): Promise<RateLimitOutcome> {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return { success: count <= this.#max };
  }

  get keys(): number {
    return this.#counts.size;
  }
}

/** No object is to be reached: a call that would reach one fails. */
const UNREACHED = undefined as unknown as Cloudflare.Env["TENANT_BUDGET"];

async function call(path: string, token: string, settings: object) {
  const request = new Request(`https://budget.test${path}/tenant/usage`, { headers: bearer(token) });
  const answer = await app.fetch(request, { ...env, ...settings }, createExecutionContext());
  return { status: answer.status, headers: answer.headers, body: await answer.json<{ detail: string }>() };
}

test("a token's flood ends before the tenant's object, and another token's calls go on", async () => {
  const [path, TOKEN_RATE] = [newTenantPath(), new Counter(2)];
  const [flood, calm] = await Promise.all([sign({ tenant: tenantOf(path) }), sign({ tenant: tenantOf(path) })]);
  for (let i = 0; i < 2; i += 1) expect((await call(path, flood, { TOKEN_RATE })).status).toBe(200);
  const refused = await call(path, flood, { TOKEN_RATE, TENANT_BUDGET: UNREACHED });
  expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited", retryable: true } });
  expect(refused.headers.get("retry-after")).toBe("10");
  expect((await call(path, calm, { TOKEN_RATE })).status).toBe(200);
});

test("a tenant's tokens together are counted too, and another tenant's are not", async () => {
  const [path, other, TENANT_RATE] = [newTenantPath(), newTenantPath(), new Counter(2)];
  const from = async (tenant: string) => call(tenant, await sign({ tenant: tenantOf(tenant) }), { TENANT_RATE });
  expect([(await from(path)).status, (await from(path)).status]).toEqual([200, 200]);
  expect(await from(path)).toMatchObject({ status: 429, body: { detail: expect.stringContaining("this tenant") } });
  expect((await from(other)).status).toBe(200);
});

test("a stream of operations is counted each time that it reaches the tenant's object", async () => {
  const [path, TOKEN_RATE] = [newTenantPath(), new Counter(2)];
  const token = await sign({ tenant: tenantOf(path) });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const init = {
    method: "POST",
    headers: { ...bearer(token), "content-type": "application/x-ndjson" },
    body: readable,
  };
  const request = new Request(`https://budget.test${path}/batch`, init);
  const answering = Promise.resolve(app.fetch(request, { ...env, TOKEN_RATE }, createExecutionContext()));
  const writer = writable.getWriter();
  const line = new TextEncoder().encode('{"op": "consume"}\n');
  const written = writer.write(line).then(() => writer.write(line));
  const lines = (await answering).body?.pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => JSON.parse((await lines?.read())?.value ?? "");
  expect(await next()).toMatchObject({ status: 200 });
  expect(await next()).toMatchObject({ status: 429, body: { code: "rate_limited" } });
  expect((await lines?.read())?.done).toBe(true);
  await written.catch(() => {});
  await writer.abort().catch(() => {});
});

test("the operator's calls are not counted, nor are those that no token lets in", async () => {
  const [path, TOKEN_RATE, TENANT_RATE] = [newTenantPath(), new Counter(0), new Counter(0)];
  expect((await call(path, SECRETS.ADMIN_TOKEN, { TOKEN_RATE, TENANT_RATE })).status).toBe(200);
  expect((await call(path, "a stranger", { TOKEN_RATE, TENANT_RATE })).status).toBe(401);
  expect((await call(path, await sign({ tenant: "another" }), { TOKEN_RATE, TENANT_RATE })).status).toBe(403);
  expect([TOKEN_RATE.keys, TENANT_RATE.keys]).toEqual([0, 0]);
});

test("a counter that fails holds up nobody", async () => {
  const errors = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => errors.mockRestore());
  const path = newTenantPath();
  const TOKEN_RATE: RateLimit = { limit: () => Promise.reject(new Error("no counter now")) };
  expect((await call(path, await sign({ tenant: tenantOf(path) }), { TOKEN_RATE })).status).toBe(200);
  expect(errors).toHaveBeenCalledOnce();
});

test("without a counter there is no guard", async () => {
  const path = newTenantPath();
  const none = { TOKEN_RATE: undefined, TENANT_RATE: undefined };
  expect((await call(path, await sign({ tenant: tenantOf(path) }), none)).status).toBe(200);
});
