import { BudgetError } from "../../wire/index.ts";
import type { Grant } from "./grant.ts";

const MAX_REMEMBERED = 10_000;

/** The revoked tokens that this isolate knows of; of too many, the one learned of first is forgotten. */
const revoked = new Set<string>();

/**
 * Remembers that a token was revoked, so that its next calls reach neither the tenant's object nor its rate. A
 * revocation is for good; an isolate that does not know of one learns of it from the object.
 */
export function rememberRevoked(tenant: string, jti: string): void {
  revoked.add(idOf(tenant, jti));
  const [oldest] = revoked;
  if (revoked.size > MAX_REMEMBERED && oldest !== undefined) revoked.delete(oldest);
}

/** @throws BudgetError `token_revoked` if a token, or one that it was minted with, is known to be revoked */
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
