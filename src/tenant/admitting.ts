import type { Hold } from "../core/index.ts";
import { BudgetError, type Caller, type Operation, type RevokedToken } from "../wire/index.ts";
import type { TenantStores } from "./tenant-stores.ts";

/** @throws BudgetError `token_revoked` where the caller's token does not hold any more */
export function requireHolding(tenant: TenantStores, caller: Caller | undefined): void {
  if (caller?.jti == null || tenant.revocations.revokedAtMs(caller.jti) === undefined) return;
  throw new BudgetError({ code: "token_revoked", detail: "this token was revoked" });
}

/** Whether a caller who is bound to a user or to labels may see a hold: one of a step that it could have taken. */
export function isOwnHold(caller: Caller | undefined, { subject }: Hold): boolean {
  const { user, labels = {} } = caller ?? {};
  if (user !== undefined && subject.userId !== user) return false;
  return Object.entries(labels).every(([name, value]) => subject.labels[name] === value);
}

/** Revokes a token, once: a second time is answered as the first. */
export function revokeToken(
  tenant: TenantStores,
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
