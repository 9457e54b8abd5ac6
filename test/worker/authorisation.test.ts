/** What each kind of caller gets from each route. */
import { beforeAll, describe, expect, test } from "vitest";
import { ROUTES } from "../../src/worker/routes/index.ts";
import { newTenantPath, send } from "./http.ts";
import { SECRETS } from "./secrets.ts";
import { ALL_SCOPES, bearer, sign, tenantOf } from "./token.ts";

/** The owner of a route's data, which decides what a token that is bound to Alice may reach. */
type Reach = "own step" | "own bucket" | "whole tenant" | "anyone";

const onBuckets = (verb: (noun: string) => string, scope: string): [string, string, Reach][] => [
  [verb("Tenant"), scope, "whole tenant"],
  [verb("Anonymous"), scope, "whole tenant"],
  [verb("Overflow"), scope, "whole tenant"],
  [verb("User"), scope, "own bucket"],
  [verb("Bucket"), scope, "own bucket"],
];

/** Every operation, the scope that it needs, and whose data it is: written independently of the routes. */
const MATRIX: readonly (readonly [operation: string, scope: string, reach: Reach])[] = [
  ["allowsStep", "check", "own step"],
  ["consume", "consume", "own step"],
  ["quote", "check", "own step"],
  ["reserve", "reserve", "own step"],
  ["listReservations", "read", "own step"],
  ["getReservation", "read", "own step"],
  ["commit", "reserve", "own step"],
  ["release", "reserve", "own step"],
  ["extend", "reserve", "own step"],
  ["batch", "any", "own step"],
  ...onBuckets((noun) => `get${noun}Usage`, "read"),
  ...onBuckets((noun) => `set${noun}Limits`, "configure"),
  ...onBuckets((noun) => `clear${noun}Limits`, "configure"),
  ...onBuckets((noun) => `adjust${noun}`, "configure"),
  ...onBuckets((noun) => `reset${noun}`, "configure"),
  ...onBuckets((noun) => `freeze${noun}`, "configure"),
  ...onBuckets((noun) => `unfreeze${noun}`, "configure"),
  ["getConfig", "read", "whole tenant"],
  ["putConfig", "configure", "whole tenant"],
  ["patchConfig", "configure", "whole tenant"],
  ["getConfigHistory", "read", "whole tenant"],
  ["getLedger", "read", "whole tenant"],
  ["exportLedger", "read", "whole tenant"],
  ["audit", "admin", "whole tenant"],
  ["createToken", "admin", "own step"],
  ["revokeToken", "admin", "whole tenant"],
  ["exportTenant", "admin", "whole tenant"],
  ["eraseUser", "admin", "whole tenant"],
  ["eraseTenant", "admin", "whole tenant"],
  ["getHealth", "", "anyone"],
  ["getOpenApi", "", "anyone"],
  ["getDocs", "", "anyone"],
  ["getDocsFile", "", "anyone"],
  ["getProblem", "", "anyone"],
];

/** A caller, and what it gets from a route that needs `scope` and reaches as far as `reach`. */
interface CallerKind {
  readonly who: string;
  readonly token: (tenant: string) => Promise<string | null> | string | null;
  readonly gets: (scope: string, reach: Reach) => "in" | 401 | 403;
}

const nowSeconds = () => Math.floor(Date.now() / 1000);
const bound = (reach: Reach) => (reach === "whole tenant" ? 403 : "in");

const CALLERS: readonly CallerKind[] = [
  { who: "nobody", token: () => null, gets: () => 401 },
  { who: "a stranger", token: () => "let-me-in", gets: () => 401 },
  { who: "an expired token", token: (tenant) => sign({ tenant, exp: nowSeconds() - 60 }), gets: () => 401 },
  {
    who: "a forged token",
    token: (tenant) => sign({ tenant }, { secret: "a-secret-that-is-not-the-service's-own" }),
    gets: () => 401,
  },
  { who: "a revoked token", token: revoked, gets: () => 401 },
  { who: "another tenant's token", token: () => sign({ tenant: "another" }), gets: () => 403 },
  { who: "a token without scopes", token: (tenant) => sign({ tenant, scope: "" }), gets: () => 403 },
  ...ALL_SCOPES.split(" ").map((only) => ({
    who: `a token with ${only} alone`,
    token: (tenant: string) => sign({ tenant, scope: only }),
    gets: (scope: string) => (scope === only || scope === "any" ? "in" : 403) as "in" | 403,
  })),
  {
    who: "a token bound to Alice",
    token: (tenant) => sign({ tenant, user: "alice" }),
    gets: (_, reach) => bound(reach),
  },
  {
    who: "a token bound to Bob",
    token: (tenant) => sign({ tenant, user: "bob" }),
    gets: (_, reach) => (reach === "own bucket" ? 403 : bound(reach)),
  },
  {
    who: "a token bound to a team",
    token: (tenant) => sign({ tenant, labels: { team: "red" } }),
    gets: (_, reach) => (reach === "own bucket" ? 403 : bound(reach)),
  },
  { who: "a token with every scope", token: (tenant) => sign({ tenant }), gets: () => "in" },
  { who: "the operator", token: () => SECRETS.ADMIN_TOKEN, gets: () => "in" },
];

/** A token with every scope that was revoked. */
async function revoked(tenant: string): Promise<string> {
  const jti = crypto.randomUUID();
  await send(`/v1/tenants/${encodeURIComponent(tenant)}/tokens/${jti}`, { method: "DELETE" });
  return sign({ tenant, jti });
}

/** What operations take that take no empty body. Nobody's step: a bound token fills its own user in. */
const BODIES: Readonly<Record<string, object>> = {
  adjust: { note: "n" },
  batch: { operations: [{ op: "allows_step" }] },
  createToken: { scope: "admin" },
};

test("the matrix has every route", () => {
  expect(MATRIX.map(([operation]) => operation).sort()).toEqual(ROUTES.map(({ operationId }) => operationId).sort());
});

describe.each(CALLERS)("$who", ({ token, gets }) => {
  let tenant: string;
  let headers: Record<string, string>;
  beforeAll(async () => {
    tenant = newTenantPath();
    const text = await token(tenantOf(tenant));
    headers = text === null ? { authorization: "" } : bearer(text);
  });

  test.each(MATRIX)("%s", async (operation, scope, reach) => {
    const route = ROUTES.find(({ operationId }) => operationId === operation);
    const path = (route?.path ?? "")
      .replace("/v1/tenants/{tenant}", tenant)
      .replace("{scope}/{id}", `user_and_model/${encodeURIComponent('["alice","m"]')}`)
      .replace("{scope}", "user")
      .replace("{id}", "alice")
      .replace("{jti}", "j-1")
      .replace("{reservation}", "r-1")
      .replace("{file}", "start.js")
      .replace("{code}", "forbidden");
    const init = { method: route?.method.toUpperCase() ?? "", headers };
    const json = { ...headers, "content-type": "application/json" };
    const body = BODIES[operation.replace(/^adjust.*/, "adjust")] ?? {};
    const confirmed = operation === "eraseTenant" ? `${path}?confirm=${tenantOf(tenant)}` : path;
    const { status, body: answer } = await send(
      confirmed,
      route?.body ? { ...init, headers: json, body: JSON.stringify(body) } : init,
    );
    const expected = reach === "anyone" ? "in" : gets(scope, reach);
    expect(status === 401 || status === 403 ? status : "in", JSON.stringify(answer)).toBe(expected);
  });
});
