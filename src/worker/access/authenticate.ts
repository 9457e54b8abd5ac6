/** The middleware that authenticates the callers of a route. */
import type { MiddlewareHandler } from "hono";
import type { Route, WorkerEnv } from "../route.ts";
import { TenantOperations } from "../tenant-operations.ts";
import { Authenticator } from "./authenticator.ts";
import { type AccessEnv, readAccessSettings } from "./environment.ts";
import { requireScope } from "./grant.ts";
import { guardRate } from "./rate-guard.ts";
import { requireUnrevoked } from "./revoked-tokens.ts";

/** Authenticates a route's callers, and refuses those without permission before the tenant's object is called. */
export function authenticate(route: Route): MiddlewareHandler<WorkerEnv> {
  const { scope } = route;
  if (scope === null) {
    return async (c, next) => {
      c.set("route", route);
      await next();
    };
  }
  return async (c, next) => {
    const tenantId = c.req.param("tenant") ?? "";
    c.set("route", route);
    const authenticator = authenticatorOf(c.env);
    const grant = await authenticator.authenticate(c.req.raw.headers.get("authorization"));
    // Only for authenticated callers: it is logged, and anyone can put anything into a path.
    c.set("tenantId", tenantId);
    if (grant) {
      requireScope(grant, tenantId, scope);
      requireUnrevoked(grant);
      await guardRate(c.env, grant);
    }
    c.set("grant", grant);
    c.set("signingKey", authenticator.signingKey);
    c.set("tenant", new TenantOperations(c.env.TENANT_BUDGET, tenantId, grant));
    await next();
  };
}

let current: { readonly env: AccessEnv; readonly authenticator: Authenticator } | undefined;

/** The isolate's authenticator, which is replaced if its settings change. */
function authenticatorOf(env: AccessEnv): Authenticator {
  const { ADMIN_TOKEN, TOKEN_SECRET, JWKS_URL, JWKS_ISSUER, JWKS_AUDIENCE, JWKS_CLAIMS, CORS_ORIGINS } = env;
  const isCurrent =
    current?.env.ADMIN_TOKEN === ADMIN_TOKEN &&
    current?.env.TOKEN_SECRET === TOKEN_SECRET &&
    current?.env.JWKS_URL === JWKS_URL &&
    current?.env.JWKS_ISSUER === JWKS_ISSUER &&
    current?.env.JWKS_AUDIENCE === JWKS_AUDIENCE &&
    current?.env.JWKS_CLAIMS === JWKS_CLAIMS &&
    current?.env.CORS_ORIGINS === CORS_ORIGINS;
  if (current && isCurrent) return current.authenticator;
  const settings = { ADMIN_TOKEN, TOKEN_SECRET, JWKS_URL, JWKS_ISSUER, JWKS_AUDIENCE, JWKS_CLAIMS, CORS_ORIGINS };
  current = { env: settings, authenticator: new Authenticator(readAccessSettings(settings)) };
  return current.authenticator;
}
