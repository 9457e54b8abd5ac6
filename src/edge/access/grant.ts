import { BudgetError, type Caller, type TokenScope } from "../../wire/index.ts";

/** What a verified token allows. The operator has none, and may do everything. */
export interface Grant extends Caller {
  readonly tenant: string;
  readonly scopes: ReadonlySet<TokenScope>;
  readonly expiresAtMs: number;
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
