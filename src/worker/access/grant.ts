/** What a verified token allows. */
import type { Asker, Caller } from "../../operations/index.ts";
import { forbidden, type TokenScope } from "../../wire/index.ts";

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

/** Who asks for operations with a grant's token. */
export function askerOf({ scopes, jti, user, labels, freeLabels, ancestors, expiresAtMs }: Grant): Asker {
  const endMs = expiresAtMs + CLOCK_SKEW_SECONDS * 1000;
  return { scopes, caller: { jti, user, labels, freeLabels, ancestors, expiresAtMs: endMs } };
}

/**
 * @throws BudgetError `forbidden` unless the grant is one on this tenant with this scope
 */
export function requireScope({ tenant, scopes }: Grant, tenantId: string, scope: TokenScope | "any"): void {
  if (tenant !== tenantId) throw forbidden("this token is another tenant's");
  if (scope === "any" ? scopes.size > 0 : scopes.has(scope)) return;
  throw forbidden(`this call needs a token with the scope ${scope}; this one has ${[...scopes].join(", ") || "none"}`);
}
