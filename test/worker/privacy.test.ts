/** Erasing a user or a tenant, and exporting everything that is stored. */
import { expect, test } from "vitest";
import { newTenantPath, send, sendJson } from "./http.ts";
import { tenantOf } from "./token.ts";

const SPEND = { user_id: "alice", model: "m", tokens_in: 5, cost_usd: 0.25, labels: { run: "r" } };

test("an erased user leaves no trace of the id, and every sum stays", async () => {
  const tenant = newTenantPath();
  await sendJson("PUT", `${tenant}/config`, { per_user_and_model_max_tokens: 100 });
  await sendJson("POST", `${tenant}/consume`, { ...SPEND, idempotency_key: "k-1" });
  await sendJson("POST", `${tenant}/consume`, { ...SPEND, user_id: "bob" });
  await sendJson("PUT", `${tenant}/users/alice/limits`, { max_tokens: 50 });
  await sendJson("POST", `${tenant}/reservations`, { user_id: "alice", tokens: 7, idempotency_key: "k-2" });
  await sendJson("POST", `${tenant}/users/alice/adjust`, { tokens_in: 1, note: "n" });
  const before = (await send(`${tenant}/tenant/usage`)).body;

  const { status, body } = await send(`${tenant}/users/alice`, { method: "DELETE" });
  expect(status).toBe(200);
  expect(body).toEqual({ pseudonym: expect.stringMatching(/^erased-[0-9a-f]{24}$/), buckets: 2 });

  const stored = (await send(`${tenant}/export`)).body;
  expect(JSON.stringify(stored)).not.toContain("alice");
  expect(JSON.stringify(stored)).toContain(body.pseudonym);
  const after = (await send(`${tenant}/tenant/usage`)).body;
  expect(after).toMatchObject({ tokens_in: before.tokens_in, cost_usd: 0.5, users: 1, held: { tokens: 7 } });
  expect((await send(`${tenant}/users/alice/usage`)).body).toMatchObject({ calls: 0, override: null });
  expect((await send(`${tenant}/audit`, { method: "POST" })).body).toMatchObject({ ok: true, differences: [] });
});

test("an export has all that is stored, table by table", async () => {
  const tenant = newTenantPath();
  const users = Array.from({ length: 450 }, (_, i) => ({ op: "consume", user_id: `u${i}`, tokens_in: 1 }));
  await sendJson("PUT", `${tenant}/config`, { max_tokens: 1000 });
  await sendJson("POST", `${tenant}/batch`, { operations: users });
  const rows: { table: string; row: Record<string, unknown> }[] = (await send(`${tenant}/export`)).body;
  const of = (table: string) => rows.filter((each) => each.table === table).map(({ row }) => row);
  expect(of("config")).toMatchObject([{ version: 1, config: { max_tokens: 1000 } }]);
  expect(new Set(of("bucket").map(({ subject }) => subject)).size).toBe(450);
  expect(of("tenant")).toMatchObject([{ input_tokens: 450, calls: 450 }]);
  expect(of("ledger").flatMap(({ entries }) => entries)).toHaveLength(451);
});

test("an erased tenant starts from nothing, and its revoked tokens stay revoked", async () => {
  const tenant = newTenantPath();
  const { body: made } = await sendJson("POST", `${tenant}/tokens`, { scope: "check" });
  await send(`${tenant}/tokens/${made.jti}`, { method: "DELETE" });
  await sendJson("PUT", `${tenant}/config`, { max_tokens: 5 });
  await sendJson("POST", `${tenant}/consume`, { ...SPEND, idempotency_key: "k-1" });
  expect(await send(`${tenant}?confirm=other`, { method: "DELETE" })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: "/confirm" }] },
  });
  expect((await send(`${tenant}/tenant/usage`)).body.calls).toBe(1);
  expect(await send(`${tenant}?confirm=${tenantOf(tenant)}`, { method: "DELETE" })).toMatchObject({ status: 200 });
  expect((await send(`${tenant}/tenant/usage`)).body).toMatchObject({ calls: 0, users: 0, tokens_total: 0 });
  expect((await send(`${tenant}/config`)).body).toEqual({});
  expect((await send(`${tenant}/ledger`)).body.items).toEqual([]);
  const headers = { authorization: `Bearer ${made.token}`, "content-type": "application/json" };
  const call = await send(`${tenant}/allows-step`, { method: "POST", headers, body: "{}" });
  expect(call).toMatchObject({ status: 401, body: { code: "token_revoked" } });
});
