/** Attacks that succeeded once, and what each gets now. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { app } from "../../src/worker/app.ts";
import { newTenantPath, type Reply, send, sendJson } from "./http.ts";
import { SECRETS } from "./secrets.ts";
import { bearer, sign, tenantOf } from "./token.ts";

/** A caller on one tenant. */
type Call = (method: string, path: string, body?: unknown) => Promise<Reply>;

interface Parties {
  readonly tenant: string;
  readonly operator: Call;
  /** Bound to the user mallory. */
  readonly mallory: Call;
  /** Not bound, with `check`, `consume`, `reserve` and `read`. */
  readonly backEnd: Call;
}

const SCOPES = "check consume reserve read";

/** What an attack does, what it got before, and what it gets now. */
type Row = readonly [finding: string, attack: (parties: Parties) => Promise<unknown>, before: unknown, now: unknown];

const statusOf = ({ status }: Reply) => status;
const stateOf = ({ body }: Reply) => body.state;

const FINDINGS: readonly Row[] = [
  [
    "amounts that no call can have use up the tenant's totals",
    ({ mallory }) => mallory("POST", "/consume", { cost_usd: 1_000_000 }).then(statusOf),
    200,
    400,
  ],
  [
    "invented users reset an exhausted limit",
    async ({ operator, backEnd }) => {
      await operator("PUT", "/config", { per_user_max_calls: 1, max_users: 2 });
      for (const user_id of ["mallory", "a", "b", "c"]) await backEnd("POST", "/consume", { user_id });
      return stateOf(await backEnd("POST", "/allows-step", { user_id: "mallory" }));
    },
    "ok",
    "blocked",
  ],
  [
    "a bound caller uses an idempotency_key before the back end does",
    async ({ mallory, backEnd }) => {
      await mallory("POST", "/consume", { tokens_in: 1, idempotency_key: "k" });
      return statusOf(await backEnd("POST", "/consume", { user_id: "alice", tokens_in: 5, idempotency_key: "k" }));
    },
    422,
    200,
  ],
  [
    "a back end uses an idempotency_key before another does",
    async ({ operator, backEnd }) => {
      await backEnd("POST", "/consume", { tokens_in: 1, idempotency_key: "k" });
      await operator("POST", "/consume", { user_id: "alice", tokens_in: 5, idempotency_key: "k" });
      return (await operator("GET", "/tenant/usage")).body.tokens_in;
    },
    1,
    6,
  ],
  [
    "a user called .. is the tenant",
    ({ operator }) => operator("POST", `/users/${encodeURIComponent("..")}/reset`, {}).then(statusOf),
    200,
    404,
  ],
  [
    "a token minted with a revoked one stays valid",
    async ({ tenant, operator }) => {
      const parent = (await operator("POST", "/tokens", { scope: "admin consume" })).body;
      const child = (await callerWith(tenant, parent.token)("POST", "/tokens", { scope: "consume" })).body;
      await operator("DELETE", `/tokens/${parent.jti}`);
      return statusOf(await callerWith(tenant, child.token)("POST", "/consume", {}));
    },
    200,
    401,
  ],
  [
    "one caller reserves all that is left",
    async ({ operator, mallory }) => {
      await operator("PUT", "/config", { max_tokens: 1000 });
      return statusOf(await mallory("POST", "/reservations", { tokens: 1000, ttl_seconds: 86_400 }));
    },
    201,
    429,
  ],
  [
    "a frozen caller extends its reservation",
    async ({ operator, mallory }) => {
      const { id } = (await mallory("POST", "/reservations", {})).body;
      await operator("POST", "/users/mallory/freeze", {});
      return statusOf(await mallory("POST", `/reservations/${id}/extend`, { ttl_seconds: 86_400 }));
    },
    200,
    402,
  ],
  [
    "a reservation outlives its token",
    async ({ mallory }) => {
      const { created_at, expires_at } = (await mallory("POST", "/reservations", { ttl_seconds: 86_400 })).body;
      return Date.parse(expires_at) - Date.parse(created_at) > 3_600_000;
    },
    true,
    false,
  ],
  [
    "a caller spends another team's budget",
    ({ mallory }) => mallory("POST", "/consume", { labels: { team: "blue" }, tokens_in: 5 }).then(statusOf),
    200,
    403,
  ],
  [
    "a body of unknown keys is repeated many times over",
    async ({ operator }) => {
      const keys = Object.fromEntries(Array.from({ length: 4000 }, (_, i) => [`k${i}`, 0]));
      return (await operator("POST", "/consume", keys)).body.errors.length;
    },
    4000,
    100,
  ],
  [
    "refused reservations fill the ledger",
    async ({ operator, mallory }) => {
      await operator("PUT", "/config", { max_tokens: 1 });
      const operations = Array<object>(100).fill({ op: "reserve", tokens: 2 });
      await mallory("POST", "/batch", { operations });
      return (await operator("GET", "/ledger?kind=refusal")).body.items.length;
    },
    100,
    1,
  ],
  [
    "an erased id stays in a note",
    async ({ operator, backEnd }) => {
      await backEnd("POST", "/consume", { user_id: "mallory" });
      await operator("POST", "/users/mallory/freeze", { note: "mallory leaks" });
      await operator("DELETE", "/users/mallory");
      return JSON.stringify((await operator("GET", "/ledger")).body).includes("mallory");
    },
    true,
    false,
  ],
  [
    "a page has another user's reservation",
    async ({ backEnd, mallory }) => {
      await mallory("POST", "/reservations", {});
      await backEnd("POST", "/reservations", { user_id: "alice" });
      return (await mallory("GET", "/reservations?limit=1")).body.next === null;
    },
    false,
    true,
  ],
  [
    "a signed expiry before all time",
    async ({ tenant }) => {
      const token = await sign({ tenant: tenantOf(tenant), exp: -1e20 });
      const { status, body } = await callerWith(tenant, token)("GET", "/tenant/usage");
      return [status, body.code];
    },
    [500, "internal"],
    [401, "token_expired"],
  ],
  [
    "a call is priced as one model and counted as another",
    ({ mallory }) =>
      mallory("POST", "/consume", { model: "gpt-4o-mini", labels: { model: "gpt-4o" }, tokens_in: 5 }).then(statusOf),
    200,
    400,
  ],
  [
    "a reservation is committed as a cheaper model",
    async ({ mallory }) => {
      const { id } = (await mallory("POST", "/reservations", { model: "gpt-4o", tokens: 5 })).body;
      return statusOf(await mallory("POST", `/reservations/${id}/commit`, { model: "gpt-4o-mini", tokens_in: 5 }));
    },
    200,
    400,
  ],
  [
    "a label's value that looks like a list has no path",
    ({ operator }) => operator("GET", `/buckets/team/${encodeURIComponent('["a"]')}/usage`).then(statusOf),
    400,
    200,
  ],
  [
    "a cell has a formula after a line break",
    async ({ operator, backEnd }) => {
      await backEnd("POST", "/consume", { user_id: "a\n=1+1" });
      return String((await operator("GET", "/ledger/export?format=csv")).body).includes("\n=1");
    },
    true,
    false,
  ],
  [
    "a Host header names another path",
    async ({ tenant }) => {
      const headers = { ...bearer(SECRETS.ADMIN_TOKEN), host: `x${tenant}/tenant/usage?` };
      const request = new Request("https://budget.test/health", { headers });
      return (await app.fetch(request, env, createExecutionContext())).status;
    },
    200,
    400,
  ],
  [
    "allowed origins that match no browser are ignored",
    async ({ tenant }) => {
      const request = new Request(`https://budget.test${tenant}/tenant/usage`, { headers: bearer("x") });
      const settings = { ...env, CORS_ORIGINS: "https://app.example/" };
      return (await app.fetch(request, settings, createExecutionContext())).status;
    },
    401,
    503,
  ],
];

test.each(FINDINGS)("%s", async (_, attack, before, now) => {
  expect(before).not.toEqual(now);
  expect(await attack(await parties())).toEqual(now);
});

async function parties(): Promise<Parties> {
  const tenant = newTenantPath();
  const claims = { tenant: tenantOf(tenant), scope: SCOPES };
  return {
    tenant,
    operator: (method, path, body) =>
      body === undefined ? send(`${tenant}${path}`, { method }) : sendJson(method, `${tenant}${path}`, body),
    mallory: callerWith(tenant, await sign({ ...claims, user: "mallory" })),
    backEnd: callerWith(tenant, await sign(claims)),
  };
}

function callerWith(tenant: string, token: string): Call {
  return (method, path, body) => {
    const headers = { ...bearer(token), "content-type": "application/json" };
    return send(`${tenant}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  };
}
