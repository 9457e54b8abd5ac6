/** What a verified token allows. */
import type { Caller, Permissions } from "../../operations/index.ts";
import { forbidden, type TokenScope } from "../../wire/index.ts";

/** The accepted difference between a token issuer's clock and ours. */
export const CLOCK_SKEW_SECONDS = 30;

/** The operator has no grant, and can do everything. */
export interface Grant extends Caller {
  readonly tenant: string;
  readonly scopes: ReadonlySet<TokenScope>;
  /** Its claim `exp`. The token is accepted for `CLOCK_SKEW_SECONDS` longer. */
  readonly expiresAtMs: number;
  readonly ancestors: readonly string[];
}

export function permissionsOf({ scopes, jti, user, labels, freeLabels, ancestors, expiresAtMs }: Grant): Permissions {
  const endMs = expiresAtMs + CLOCK_SKEW_SECONDS * 1000;
  return { scopes, caller: { jti, user, labels, freeLabels, ancestors, expiresAtMs: endMs } };
}

/** @throws BudgetError `forbidden` unless the grant is for this tenant and has this scope */
export function requireScope({ tenant, scopes }: Grant, tenantId: string, scope: TokenScope | "any"): void {
  if (tenant !== tenantId) throw forbidden("this token is for another tenant");
  if (scope === "any" ? scopes.size > 0 : scopes.has(scope)) return;
  throw forbidden(`this call needs a token with the scope ${scope}; this one has ${[...scopes].join(", ") || "none"}`);
}
