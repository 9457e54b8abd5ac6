/** The revoked tokens that this isolate has learned of. */
import { BudgetError } from "../../wire/index.ts";
import type { Grant } from "./grant.ts";

const MAX_REMEMBERED = 10_000;

/** In order of learning: if there are too many, the first one is evicted. */
const revoked = new Set<string>();

/**
 * Remembers a revoked token, so that its next calls are refused before the rate limit and the tenant's object. A
 * revocation is final. Other isolates learn of it from the object.
 */
export function rememberRevoked(tenant: string, jti: string): void {
  revoked.add(idOf(tenant, jti));
  const [oldest] = revoked;
  if (revoked.size > MAX_REMEMBERED && oldest !== undefined) revoked.delete(oldest);
}

/** @throws BudgetError `token_revoked` if this isolate knows that the token, or one that it was minted with, was revoked */
export function requireUnrevoked({ tenant, jti, ancestors }: Grant): void {
  if (revoked.size === 0) return;
  const isRevoked = (each: string) => revoked.has(idOf(tenant, each));
  if ((jti === null || !isRevoked(jti)) && !ancestors.some(isRevoked)) return;
  throw new BudgetError({
    code: "token_revoked",
    detail: "this token, or one that it was minted with, was revoked",
  });
}

function idOf(tenant: string, jti: string): string {
  return JSON.stringify([tenant, jti]);
}
