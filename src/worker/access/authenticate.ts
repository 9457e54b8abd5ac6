import type { MiddlewareHandler } from "hono";
import type { EdgeEnv } from "../edge-env.ts";
import type { Route } from "../route.ts";
import { readAccessSettings, type SettingsEnv } from "../settings.ts";
import { TenantOperations } from "../tenant-operations.ts";
import { Authenticator } from "./authenticator.ts";
import { requireScope } from "./grant.ts";
import { guardRate } from "./rate-guard.ts";
import { requireUnrevoked } from "./revoked-tokens.ts";

/** Lets a route's callers in, before any object is addressed. */
export function admit(route: Route): MiddlewareHandler<EdgeEnv> {
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
    // Not before: it is logged, and anybody can put anything into a path.
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

let current: { readonly env: SettingsEnv; readonly authenticator: Authenticator } | undefined;

/** The isolate's authenticator, for as long as it is given the same settings. */
function authenticatorOf(env: SettingsEnv): Authenticator {
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
  const kept = { ADMIN_TOKEN, TOKEN_SECRET, JWKS_URL, JWKS_ISSUER, JWKS_AUDIENCE, JWKS_CLAIMS, CORS_ORIGINS };
  current = { env: kept, authenticator: new Authenticator(readAccessSettings(kept)) };
  return current.authenticator;
}
