import { DEFAULT_TOKEN_SECONDS, type TokenRequest } from "../../wire/index.ts";
import { forbidden, type Grant } from "./grant.ts";

/**
 * What a new token allows: what is asked for, bound as the asker's own token is.
 *
 * @param grant the asker's own; undefined for the operator
 * @throws BudgetError `forbidden` where more is asked for than the asker has
 */
export function grantFor(
  grant: Grant | undefined,
  tenant: string,
  { scope, user = grant?.user, labels: asked, ttl_seconds }: TokenRequest,
  nowMs: number,
): Grant & { readonly jti: string } {
  const scopes = new Set(scope);
  const labels = asked || grant?.labels ? { ...grant?.labels, ...asked } : undefined;
  // A JWT tells whole seconds, and an end within one must not be later than the asker's.
  const askedEndMs = (Math.floor(nowMs / 1000) + (ttl_seconds ?? DEFAULT_TOKEN_SECONDS)) * 1000;
  const lastEndMs = grant?.expiresAtMs ?? Number.POSITIVE_INFINITY;
  const expiresAtMs = ttl_seconds === undefined ? Math.min(askedEndMs, lastEndMs) : askedEndMs;
  if (grant) {
    const [beyond] = [...scopes].filter((each) => !grant.scopes.has(each));
    if (beyond) throw forbidden(`a token gives no scope that it has not: ${beyond}`);
    if (grant.user !== undefined && user !== grant.user) throw forbidden("this token is bound to another user");
    for (const [name, value] of Object.entries(grant.labels ?? {})) {
      if (labels?.[name] !== value) throw forbidden(`this token is bound to another label ${name}`);
    }
    if (expiresAtMs > lastEndMs) {
      throw forbidden(`a token gives none that outlives it, and this one ends at ${new Date(lastEndMs).toISOString()}`);
    }
  }
  return { tenant, user, labels, scopes, expiresAtMs, jti: crypto.randomUUID() };
}
