/** Operations on tokens, and the check that a caller's token was not revoked. */
import type { Caller, Operation } from "../../operations/index.ts";
import { BudgetError, MAX_TOKEN_SECONDS, type RevokedToken } from "../../wire/index.ts";
import type { Tenant } from "../tenant.ts";
import type { Handlers } from "./handler.ts";

/** @throws BudgetError `token_revoked` if the caller's token, or one that it was minted with, was revoked */
export function requireUnrevoked(tenant: Tenant, caller: Caller | undefined): void {
  const { jti = null, ancestors = [] } = caller ?? {};
  const isRevoked = (each: string) => tenant.revocations.revokedAtMs(each) !== undefined;
  if (jti !== null && isRevoked(jti)) throw revoked("this token was revoked");
  if (ancestors.some(isRevoked)) throw revoked("a token that this one was minted with was revoked");
}

function revoked(detail: string): BudgetError {
  return new BudgetError({ code: "token_revoked", detail });
}

/** Records that a token was minted. */
function mintToken(tenant: Tenant, { token }: Operation<"mint_token">, nowMs: number): null {
  const { jti, scopes, user, labels, expiresAtMs, ancestors } = token;
  const expires_at = new Date(expiresAtMs).toISOString();
  tenant.ledger.append("token", { jti, grants: scopes, user_id: user, labels, expires_at, ancestors }, nowMs);
  return null;
}

const DAY_SECONDS = 86_400;

/** Revokes a token. A second call returns the time of the first. */
function revokeToken(tenant: Tenant, { id: jti }: Operation<"revoke_token">, nowMs: number): RevokedToken {
  const known = tenant.revocations.revokedAtMs(jti);
  if (known === undefined) {
    // No token is valid for longer than this, so the revocation can be deleted then.
    tenant.revocations.revoke(jti, nowMs + (MAX_TOKEN_SECONDS + DAY_SECONDS) * 1000, nowMs);
    tenant.ledger.append("revocation", { jti }, nowMs);
  }
  return { jti, revoked_at: new Date(known ?? nowMs).toISOString() };
}

export const TOKEN_HANDLERS = {
  mint_token: { run: mintToken },
  revoke_token: { run: revokeToken },
} satisfies Handlers;
