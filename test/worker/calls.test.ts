/** The everyday calls over HTTP: check, consume, usage and configuration. */
import { describe, expect, test } from "vitest";
import { newTenantPath, send, sendJson } from "./http.ts";

test("GET /health answers without a tenant", async () => {
  expect(await send("/health")).toMatchObject({ status: 200, body: { status: "ok" } });
});

test("an agent checks, consumes, is warned and is blocked", async () => {
  const tenant = newTenantPath();
  await sendJson("PUT", `${tenant}/config`, { max_tokens: 1000, per_user_max_cost_usd: 0.5 });
  const ask = () => sendJson("POST", `${tenant}/allows-step`, { user_id: "alice" });
  const spend = (spent: object) => sendJson("POST", `${tenant}/consume`, { user_id: "alice", ...spent });

  expect((await ask()).body).toEqual({
    state: "ok",
    reason: null,
    limit: null,
    remaining: { tokens: 1000, cost_usd: 0.5 },
    retry_after: null,
  });
  expect((await spend({ tokens_in: 100, tokens_out: 20, cost_usd: 0.25 })).body.state).toBe("ok");
  expect((await spend({ tokens_in: 700, tokens_out: 80, cost_usd: 0.1 })).body).toEqual({
    state: "warn",
    reason: "tokens at 90%",
    limit: "max_tokens",
    remaining: { tokens: 100, cost_usd: 0.15 },
    retry_after: null,
    cost_usd: 0.1,
  });
  expect((await spend({ cost_usd: 0.15 })).body).toEqual({
    state: "blocked",
    reason: "per_user_max_cost_usd",
    limit: "per_user_max_cost_usd",
    remaining: { tokens: 100, cost_usd: 0 },
    retry_after: null,
    cost_usd: 0.15,
  });
  expect((await ask()).body.state).toBe("blocked");
  expect((await sendJson("POST", `${tenant}/allows-step`, { user_id: "bob" })).body.state).toBe("warn");
});

test("usage reports totals of the tenant, a user, the anonymous user and an unknown user", async () => {
  const tenant = newTenantPath();
  await sendJson("POST", `${tenant}/consume`, { tokens_in: 5, tokens_out: 2, cost_usd: 0.1, user_id: "alice" });
  await sendJson("POST", `${tenant}/consume`, { tokens_in: 1, cost_usd: 0.2, user_id: null });
  await sendJson("POST", `${tenant}/consume`, {});

  const totals = (await send(`${tenant}/tenant/usage`)).body;
  expect(totals).toMatchObject({ tokens_in: 6, tokens_out: 2, tokens_total: 8, cost_usd: 0.3, calls: 3, users: 2 });
  expect(Date.parse(totals.started_at)).toBeLessThanOrEqual(Date.now());
  expect((await send(`${tenant}/users/alice/usage`)).body).toMatchObject({ tokens_total: 7, cost_usd: 0.1, calls: 1 });
  expect((await send(`${tenant}/anonymous/usage`)).body).toMatchObject({ tokens_total: 1, cost_usd: 0.2, calls: 2 });
  expect((await send(`${tenant}/users/nobody/usage`)).body).toEqual({
    scope: "user",
    id: "nobody",
    tokens_in: 0,
    tokens_out: 0,
    tokens_total: 0,
    cost_usd: 0,
    calls: 0,
    cache_read_input_tokens: 0,
    cache_write_input_tokens: 0,
    reasoning_output_tokens: 0,
    unpriced_calls: 0,
    unpriced_tokens: 0,
    started_at: null,
    wall_clock: 0,
    override: null,
    raise: null,
    frozen: null,
    held: { tokens: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0, reservations: 0 },
    limits: [],
    remaining: {},
  });
});

describe("the configuration", () => {
  test("is empty at first, then what was PUT, without limits of null", async () => {
    const tenant = newTenantPath();
    expect((await send(`${tenant}/config`)).body).toEqual({});
    const put = await sendJson("PUT", `${tenant}/config`, { max_tokens: 5, max_cost_usd: null, max_users: null });
    expect(put).toMatchObject({ status: 200, body: { max_tokens: 5, max_users: null } });
    expect((await send(`${tenant}/config`)).body).toEqual({ max_tokens: 5, max_users: null });
  });

  test("is replaced as a whole, and the totals stay", async () => {
    const tenant = newTenantPath();
    await sendJson("PUT", `${tenant}/config`, { max_tokens: 5, max_calls: 9 });
    await sendJson("POST", `${tenant}/consume`, { tokens_in: 5 });
    expect((await sendJson("POST", `${tenant}/allows-step`, {})).body.limit).toBe("max_tokens");
    await sendJson("PUT", `${tenant}/config`, { max_tokens: 50 });
    expect((await send(`${tenant}/config`)).body).toEqual({ max_tokens: 50 });
    expect((await sendJson("POST", `${tenant}/allows-step`, {})).body.state).toBe("ok");
    expect((await send(`${tenant}/tenant/usage`)).body.tokens_total).toBe(5);
  });

  test("that is not valid changes nothing", async () => {
    const tenant = newTenantPath();
    await sendJson("PUT", `${tenant}/config`, { max_tokens: 5 });
    expect((await sendJson("PUT", `${tenant}/config`, { max_tokens: 6, max_tokenz: 7 })).status).toBe(400);
    expect((await send(`${tenant}/config`)).body).toEqual({ max_tokens: 5 });
  });
});

test("an event larger than a real call can be is refused and not recorded", async () => {
  const tenant = newTenantPath();
  expect(await sendJson("POST", `${tenant}/consume`, { cost_usd: 10_000.5, user_id: "alice" })).toMatchObject({
    status: 400,
    body: { code: "invalid_input", errors: [{ pointer: "/cost_usd" }] },
  });
  expect((await send(`${tenant}/users/alice/usage`)).body).toMatchObject({ cost_usd: 0, calls: 0 });
});

test("fifty calls at once are each counted once", async () => {
  const tenant = newTenantPath();
  const call = (i: number) => sendJson("POST", `${tenant}/consume`, { tokens_in: i, user_id: `user-${i % 7}` });
  const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => call(i)));
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await send(`${tenant}/tenant/usage`)).body).toMatchObject({ tokens_in: 1225, calls: 50, users: 7 });
});
