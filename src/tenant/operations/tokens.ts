import type { Reservation } from "../../core/index.ts";
import { BudgetError, type Caller, type Operation, type RevokedToken } from "../../wire/index.ts";
import type { Tenant } from "../tenant.ts";

/** @throws BudgetError `token_revoked` if the caller's token was revoked, or one that it descends from */
export function requireUnrevoked(tenant: Tenant, caller: Caller | undefined): void {
  const { jti = null, ancestors = [] } = caller ?? {};
  const isRevoked = (each: string) => tenant.revocations.revokedAtMs(each) !== undefined;
  if (jti !== null && isRevoked(jti)) throw revoked("this token was revoked");
  if (ancestors.some(isRevoked)) throw revoked("the token that this one was minted with was revoked");
}

function revoked(detail: string): BudgetError {
  return new BudgetError({ code: "token_revoked", detail });
}

/** Records that a token was minted. */
export function mintToken(tenant: Tenant, token: Operation<"mint_token">, nowMs: number): null {
  const { jti, scopes, user, labels, expiresAtMs, ancestors } = token;
  const told = { jti, grants: scopes, user_id: user, labels, expires_at: new Date(expiresAtMs).toISOString() };
  tenant.ledger.append("token", { ...told, ancestors }, nowMs);
  return null;
}

/** Whether a caller who is bound to a user or to labels may see a hold: one of a step that it could have taken. */
export function isOwnReservation(caller: Caller | undefined, { subject }: Reservation): boolean {
  const { user, labels = {} } = caller ?? {};
  if (user !== undefined && subject.userId !== user) return false;
  return Object.entries(labels).every(([name, value]) => subject.labels[name] === value);
}

/** Revokes a token, once: a second time is answered as the first. */
export function revokeToken(
  tenant: Tenant,
  { jti, forgetAtMs }: Operation<"revoke_token">,
  nowMs: number,
): RevokedToken {
  const known = tenant.revocations.revokedAtMs(jti);
  if (known === undefined) {
    tenant.revocations.revoke(jti, forgetAtMs, nowMs);
    tenant.ledger.append("revocation", { jti }, nowMs);
  }
  return { jti, revoked_at: new Date(known ?? nowMs).toISOString() };
}
