/** Rates are limited by token and by tenant before the object is called. */
import { createExecutionContext, env } from "cloudflare:test";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { app } from "../../src/worker/app.ts";
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

test("a token's flood does not reach the tenant's object, and another token's calls do", async () => {
  const [path, TOKEN_RATE] = [newTenantPath(), new Counter(2)];
  const [flood, calm] = await Promise.all([sign({ tenant: tenantOf(path) }), sign({ tenant: tenantOf(path) })]);
  for (let i = 0; i < 2; i += 1) expect((await call(path, flood, { TOKEN_RATE })).status).toBe(200);
  const refused = await call(path, flood, { TOKEN_RATE, TENANT_BUDGET: UNREACHED });
  expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited", retryable: true } });
  expect(refused.headers.get("retry-after")).toBe("10");
  expect((await call(path, calm, { TOKEN_RATE })).status).toBe(200);
});

test("a tenant's tokens are counted together too, and another tenant's are not", async () => {
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

async function sendBatch(path: string, token: string, operations: number, settings: object) {
  const body = JSON.stringify({ operations: Array.from({ length: operations }, () => ({ op: "allows_step" })) });
  const init = { method: "POST", headers: { ...bearer(token), "content-type": "application/json" }, body };
  const request = new Request(`https://budget.test${path}/batch`, init);
  const answer = await app.fetch(request, { ...env, ...settings }, createExecutionContext());
  return { status: answer.status, body: await answer.json<{ detail: string }>() };
}

describe("each operation of a batch counts", () => {
  const settings = { TOKEN_OPERATIONS: "100", TENANT_OPERATIONS: "150", TOKEN_RATE: undefined, TENANT_RATE: undefined };

  test("for its token", async () => {
    const path = newTenantPath();
    const token = await sign({ tenant: tenantOf(path) });
    expect((await sendBatch(path, token, 99, settings)).status).toBe(200);
    const unreached = { ...settings, TENANT_BUDGET: UNREACHED };
    expect(await sendBatch(path, token, 40, unreached)).toMatchObject({
      status: 429,
      body: { code: "rate_limited", detail: "this token has sent more than 100 operations in 10 seconds" },
    });
  });

  test("for its tenant, except those refused to its token", async () => {
    const path = newTenantPath();
    const [one, two] = await Promise.all([sign({ tenant: tenantOf(path) }), sign({ tenant: tenantOf(path) })]);
    expect((await sendBatch(path, one, 90, settings)).status).toBe(200);
    for (let i = 0; i < 5; i += 1) expect((await sendBatch(path, one, 60, settings)).status).toBe(429);
    expect((await sendBatch(path, two, 40, settings)).status).toBe(200);
    expect(await sendBatch(path, two, 40, settings)).toMatchObject({
      status: 429,
      body: { detail: "this tenant has sent more than 150 operations in 10 seconds" },
    });
  });

  test("and a batch larger than the limit is told so", async () => {
    const path = newTenantPath();
    const unreached = { ...settings, TENANT_BUDGET: UNREACHED };
    const { body } = await sendBatch(path, await sign({ tenant: tenantOf(path) }), 102, unreached);
    const detail = "a batch of 101 operations is more than the 100 that this token can send in 10 seconds: split it";
    expect(body).toMatchObject({ code: "rate_limited", detail });
  });

  test("as does each line of a stream", async () => {
    const path = newTenantPath();
    const headers = { ...bearer(await sign({ tenant: tenantOf(path) })), "content-type": "application/x-ndjson" };
    const body = '{"op": "allows_step"}\n'.repeat(100);
    const request = new Request(`https://budget.test${path}/batch`, { method: "POST", headers, body });
    const unreached = { ...env, ...settings, TENANT_BUDGET: UNREACHED };
    const answer = await app.fetch(request, unreached, createExecutionContext());
    expect(JSON.parse(await answer.text())).toMatchObject({ status: 429, body: { code: "rate_limited" } });
  });

  test("to the platform's counter, which is asked once for every 50", async () => {
    const [path, TOKEN_RATE] = [newTenantPath(), new Counter(4)];
    const token = await sign({ tenant: tenantOf(path) });
    expect((await sendBatch(path, token, 101, { TOKEN_RATE })).status).toBe(200);
    expect((await sendBatch(path, token, 1, { TOKEN_RATE })).status).toBe(200);
    expect((await sendBatch(path, token, 1, { TOKEN_RATE, TENANT_BUDGET: UNREACHED })).status).toBe(429);
  });
});

test("a refused token does not use up its tenant's rate", async () => {
  const [path, TOKEN_RATE, TENANT_RATE] = [newTenantPath(), new Counter(1), new Counter(2)];
  const [flood, calm] = await Promise.all([sign({ tenant: tenantOf(path) }), sign({ tenant: tenantOf(path) })]);
  const statuses: number[] = [];
  for (const token of [flood, flood, flood, calm]) {
    statuses.push((await call(path, token, { TOKEN_RATE, TENANT_RATE })).status);
  }
  expect(statuses).toEqual([200, 429, 429, 200]);
});

test("a mistyped TOKEN_OPERATIONS is refused, not treated as no limit", async () => {
  const path = newTenantPath();
  expect(await call(path, await sign({ tenant: tenantOf(path) }), { TOKEN_OPERATIONS: "5k" })).toMatchObject({
    status: 503,
    body: { code: "not_configured", detail: expect.stringContaining("TOKEN_OPERATIONS") },
  });
});

test("the operator's calls are not counted, nor are those without a valid token", async () => {
  const [path, TOKEN_RATE, TENANT_RATE] = [newTenantPath(), new Counter(0), new Counter(0)];
  expect((await call(path, SECRETS.ADMIN_TOKEN, { TOKEN_RATE, TENANT_RATE })).status).toBe(200);
  expect((await call(path, "a stranger", { TOKEN_RATE, TENANT_RATE })).status).toBe(401);
  expect((await call(path, await sign({ tenant: "another" }), { TOKEN_RATE, TENANT_RATE })).status).toBe(403);
  expect([TOKEN_RATE.keys, TENANT_RATE.keys]).toEqual([0, 0]);
});

test("a counter that fails blocks nobody", async () => {
  const errors = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => errors.mockRestore());
  const path = newTenantPath();
  const TOKEN_RATE: RateLimit = { limit: () => Promise.reject(new Error("no counter now")) };
  expect((await call(path, await sign({ tenant: tenantOf(path) }), { TOKEN_RATE })).status).toBe(200);
  expect(errors).toHaveBeenCalledOnce();
});

test("without a counter there is no rate limit", async () => {
  const path = newTenantPath();
  const none = { TOKEN_RATE: undefined, TENANT_RATE: undefined };
  expect((await call(path, await sign({ tenant: tenantOf(path) }), none)).status).toBe(200);
});
