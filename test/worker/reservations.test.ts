/** Reservations, idempotency keys, batches and the ledger over HTTP. */
import { describe, expect, test } from "vitest";
import { newTenantPath, send, sendJson } from "./http.ts";
import { bearer, sign, tenantOf } from "./token.ts";

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("a reservation over HTTP", () => {
  test("is created, read by its id, and committed with what was used", async () => {
    const tenant = newTenantPath();
    await sendJson("PUT", `${tenant}/config`, { max_tokens: 1000 });
    const held = await post(`${tenant}/reservations`, { user_id: "alice", tokens: 600, ttl_seconds: 30 });
    expect(held).toMatchObject({ status: 201, body: { state: "held", granted: { tokens: 600 }, user_id: "alice" } });
    expect(held.body.decision).toMatchObject({ state: "ok", remaining: { tokens: 400 } });
    const path = `${tenant}/reservations/${held.body.id}`;
    expect((await send(path)).body).toMatchObject({ state: "held", held: { tokens: 600 } });
    const done = await post(`${path}/commit`, { tokens_in: 300, tokens_out: 50 });
    expect(done).toMatchObject({ status: 200, body: { state: "committed", spent: { tokens_total: 350, calls: 1 } } });
    expect(done.body.decision.remaining).toEqual({ tokens: 650 });
    expect(await post(`${path}/commit`, { tokens_in: 1 })).toMatchObject({
      status: 409,
      body: { code: "already_settled" },
    });
    expect((await send(`${tenant}/reservations?state=committed`)).body.items).toHaveLength(1);
    expect((await send(`${tenant}/reservations?state=held`)).body.items).toEqual([]);
  });

  test("that does not fit is 402 budget_exhausted, or 429 limit_reached with Retry-After if the limit resets", async () => {
    const tenant = newTenantPath();
    await sendJson("PUT", `${tenant}/config`, { max_tokens: 100, per_user_max_calls_per_minute: 1 });
    const never = await post(`${tenant}/reservations`, { tokens: 101 });
    expect(never).toMatchObject({ status: 402, body: { code: "budget_exhausted", decision: { limit: "max_tokens" } } });
    expect(never.headers.get("retry-after")).toBeNull();
    await post(`${tenant}/consume`, { user_id: "alice", tokens_in: 1 });
    const later = await post(`${tenant}/reservations`, { user_id: "alice", tokens: 1 });
    expect(later).toMatchObject({ status: 429, body: { code: "limit_reached", retryable: true } });
    expect(Number(later.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(later.headers.get("retry-after"))).toBeLessThanOrEqual(60);
  });

  test("can reserve what is left with if_short cap, be extended, and be released", async () => {
    const tenant = newTenantPath();
    await sendJson("PUT", `${tenant}/config`, { max_tokens: 100 });
    const capped = await post(`${tenant}/reservations`, { tokens: 150, if_short: "cap" });
    expect(capped).toMatchObject({ status: 201, body: { granted: { tokens: 100 }, decision: { state: "blocked" } } });
    const path = `${tenant}/reservations/${capped.body.id}`;
    expect(await post(`${path}/extend`, { tokens: 1 })).toMatchObject({ status: 429 });
    expect(await post(`${path}/extend`, { ttl_seconds: 600, on_expiry: "charge" })).toMatchObject({
      status: 200,
      body: { on_expiry: "charge" },
    });
    expect(await send(`${path}/release`, { method: "POST" })).toMatchObject({ body: { state: "released" } });
    expect(await post(`${tenant}/allows-step`, { tokens: 100 })).toMatchObject({ body: { state: "ok" } });
    expect(await post(`${tenant}/allows-step`, { tokens: 101 })).toMatchObject({ body: { limit: "max_tokens" } });
  });

  test("of another user is an unknown_reservation for a bound token", async () => {
    const tenant = newTenantPath();
    const alices = bearer(await sign({ tenant: tenantOf(tenant), user: "alice" }));
    const bobs = bearer(await sign({ tenant: tenantOf(tenant), user: "bob" }));
    const { body: held } = await post(`${tenant}/reservations`, { tokens: 5 }, alices);
    expect(held.user_id).toBe("alice");
    const path = `${tenant}/reservations/${held.id}`;
    expect(await send(path, { headers: bobs })).toMatchObject({ status: 404, body: { code: "unknown_reservation" } });
    expect(await post(`${path}/commit`, { tokens_in: 5 }, bobs)).toMatchObject({ status: 404 });
    expect((await send(`${tenant}/reservations`, { headers: bobs })).body.items).toEqual([]);
    expect((await send(`${tenant}/reservations`, { headers: alices })).body.items).toHaveLength(1);
  });
});

describe("an idempotency_key", () => {
  test("in the header or the body has one effect, and another body is refused", async () => {
    const tenant = newTenantPath();
    const spend = { user_id: "alice", tokens_in: 5 };
    const first = await post(`${tenant}/consume`, spend, { "idempotency-key": "k-1" });
    const again = await post(`${tenant}/consume`, { ...spend, idempotency_key: "k-1" });
    expect(again.body).toEqual({ ...first.body, replayed: true });
    expect(await post(`${tenant}/consume`, { tokens_in: 6 }, { "idempotency-key": "k-1" })).toMatchObject({
      status: 422,
      body: { code: "idempotency_mismatch" },
    });
    expect((await send(`${tenant}/tenant/usage`)).body).toMatchObject({ tokens_in: 5, calls: 1 });
    expect(await post(`${tenant}/consume`, { idempotency_key: "a" }, { "idempotency-key": "b" })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: "/idempotency_key" }] },
    });
  });

  test("is accepted by an operator's edits too", async () => {
    const tenant = newTenantPath();
    const key = { "idempotency-key": "k-2" };
    const adjust = () => post(`${tenant}/tenant/adjust`, { tokens_in: 5, note: "n" }, key);
    expect([(await adjust()).body.replayed, (await adjust()).body.replayed]).toEqual([undefined, true]);
    expect((await send(`${tenant}/tenant/usage`)).body.tokens_in).toBe(5);
    const put = () =>
      send(`${tenant}/config`, {
        method: "PUT",
        headers: { "content-type": "application/json", "idempotency-key": "k-3" },
        body: '{"max_tokens":5}',
      });
    await put();
    expect((await put()).headers.get("etag")).toBe('"v1"');
  });
});

describe("a batch", () => {
  test("runs operations of any kind in order, each with its own status and body", async () => {
    const tenant = newTenantPath();
    const { status, body } = await post(`${tenant}/batch`, {
      operations: [
        { op: "configure", config: { max_tokens: 100 } },
        { op: "consume", user_id: "alice", tokens_in: 60, idempotency_key: "b-1" },
        { op: "reserve", tokens: 50 },
        { op: "reserve", tokens: 40 },
        { op: "consume", tokens_in: -1 },
        { op: "consume", user_id: "alice", tokens_in: 60, idempotency_key: "b-1" },
        { op: "dance" },
        { op: "usage", bucket: { scope: "user", id: "alice" } },
        7,
      ],
    });
    expect(status).toBe(200);
    expect(body.results.map((result: { status: number }) => result.status)).toEqual([
      200, 200, 402, 201, 400, 200, 400, 200, 400,
    ]);
    expect(body.results[2].body).toMatchObject({ code: "budget_exhausted" });
    expect(body.results[4].body.errors).toMatchObject([{ pointer: "/tokens_in" }]);
    expect(body.results[5].body.replayed).toBe(true);
    expect(body.results[6].body.errors).toMatchObject([{ pointer: "/op" }]);
    expect(body.results[7].body).toMatchObject({ tokens_in: 60, calls: 1 });
  });

  test("accepts 1,000 operations and refuses 1,001", async () => {
    const tenant = newTenantPath();
    const operations = Array.from({ length: 1000 }, (_, i) => ({ op: "consume", user_id: `u${i % 10}`, tokens_in: 1 }));
    const { body } = await post(`${tenant}/batch`, { operations });
    expect(body.results).toHaveLength(1000);
    expect((await send(`${tenant}/tenant/usage`)).body).toMatchObject({ tokens_in: 1000, calls: 1000, users: 10 });
    expect(await post(`${tenant}/batch`, { operations: [...operations, operations[0]] })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: "/operations" }] },
    });
  });

  test("requires each operation's own scope of the token", async () => {
    const tenant = newTenantPath();
    const headers = bearer(await sign({ tenant: tenantOf(tenant), scope: "check", user: "alice" }));
    const { body } = await post(
      `${tenant}/batch`,
      { operations: [{ op: "allows_step" }, { op: "consume", tokens_in: 1 }, { op: "allows_step", user_id: "bob" }] },
      headers,
    );
    expect(body.results.map((result: { status: number }) => result.status)).toEqual([200, 403, 403]);
  });

  test("of lines is answered in lines, in order, with an invalid line refused in its place", async () => {
    const tenant = newTenantPath();
    const lines = Array.from({ length: 2500 }, (_, i) => `{"op":"consume","tokens_in":${i % 2}}`);
    lines[1234] = "{not json";
    const { status, body } = await send(`${tenant}/batch`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: lines.join("\n"),
    });
    expect(status).toBe(200);
    expect(body).toHaveLength(2500);
    expect(body[1234]).toMatchObject({ status: 400, body: { code: "invalid_json" } });
    expect(body.filter((result: { status: number }) => result.status === 200)).toHaveLength(2499);
    expect((await send(`${tenant}/tenant/usage`)).body).toMatchObject({ tokens_in: 1250, calls: 2499 });
  });
});

describe("the ledger over HTTP", () => {
  test("is filtered, exported as lines and as CSV, and adds up", async () => {
    const tenant = newTenantPath();
    await post(`${tenant}/consume`, { user_id: "alice", tokens_in: 5, labels: { run: "r-1" } });
    await post(`${tenant}/consume`, { user_id: '=bob,"x"', tokens_in: 7, cost_usd: 0.25 });
    await post(`${tenant}/consume`, { tokens_in: 9 });
    const tokensOf = async (query: string) =>
      (await send(`${tenant}/ledger?${query}`)).body.items.map((entry: { tokens_in: number }) => entry.tokens_in);
    expect(await tokensOf("user_id=alice")).toEqual([5]);
    expect(await tokensOf("user_id=")).toEqual([9]);
    expect(await tokensOf("label=run:r-1")).toEqual([5]);
    expect(await tokensOf("kind=consume&limit=2")).toEqual([5, 7]);
    expect(await tokensOf("until=2000-01-01T00:00:00Z")).toEqual([]);
    expect((await send(`${tenant}/ledger/export?kind=consume`)).body).toHaveLength(3);
    const csv = (await send(`${tenant}/ledger/export?format=csv`)).body.split("\r\n");
    expect(csv[0]).toMatch(/^id,at,kind,user_id,/);
    expect(csv[2]).toContain(`,"'=bob,""x""",`);
    expect(await send(`${tenant}/audit`, { method: "POST" })).toMatchObject({
      status: 200,
      body: { ok: true, entries: 3, buckets: 4, differences: [], totals: { tokens_in: 21, cost_usd: 0.25 } },
    });
  });
});

test("a revoked token is refused from the next call on", async () => {
  const tenant = newTenantPath();
  const made = await post(`${tenant}/tokens`, { scope: "check admin" });
  const headers = bearer(made.body.token);
  expect(await post(`${tenant}/allows-step`, {}, headers)).toMatchObject({ status: 200 });
  expect(await send(`${tenant}/tokens/${made.body.jti}`, { method: "DELETE" })).toMatchObject({ status: 200 });
  expect(await post(`${tenant}/allows-step`, {}, headers)).toMatchObject({
    status: 401,
    body: { code: "token_revoked" },
  });
  expect(await post(`${tenant}/tokens`, { scope: "check" }, headers)).toMatchObject({ status: 401 });
});
