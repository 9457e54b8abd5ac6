import { BudgetError, type Caller, type TokenScope } from "../../wire/index.ts";

/** How far the clock of whoever signs a token may be from ours. */
export const CLOCK_SKEW_SECONDS = 30;

/** What a verified token allows. The operator has none, and may do everything. */
export interface Grant extends Caller {
  readonly tenant: string;
  readonly scopes: ReadonlySet<TokenScope>;
  /** What its claim `exp` says; it is accepted for a little longer, as clocks differ. */
  readonly expiresAtMs: number;
  readonly ancestors: readonly string[];
}

/** What of a grant the tenant's object has to know. */
export function callerOf({ jti, user, labels, freeLabels, ancestors, expiresAtMs }: Grant): Caller {
  return { jti, user, labels, freeLabels, ancestors, expiresAtMs: expiresAtMs + CLOCK_SKEW_SECONDS * 1000 };
}

/**
 * @throws BudgetError `forbidden` unless the grant is one on this tenant with this scope
 */
export function requireScope({ tenant, scopes }: Grant, tenantId: string, scope: TokenScope | "any"): void {
  if (tenant !== tenantId) throw forbidden("this token is another tenant's");
  if (scope === "any" ? scopes.size > 0 : scopes.has(scope)) return;
  throw forbidden(`this call needs a token with the scope ${scope}; this one has ${[...scopes].join(", ") || "none"}`);
}

export function forbidden(detail: string): BudgetError {
  return new BudgetError({ code: "forbidden", detail });
}
