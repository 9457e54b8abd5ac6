import { requireLabels } from "../../operations/index.ts";
import {
  BudgetError,
  DEFAULT_TOKEN_SECONDS,
  forbidden,
  inputRefusal,
  MAX_ANCESTORS,
  type TokenRequest,
} from "../../wire/index.ts";
import type { Grant } from "./grant.ts";

/**
 * What a new token allows: what is asked for, bound as the asker's own token is.
 *
 * @param grant the asker's own; undefined for the operator
 * @throws BudgetError `forbidden` if more is asked for than the asker has
 */
export function grantFor(
  grant: Grant | undefined,
  tenant: string,
  { scope, user = grant?.user, labels: asked, free_labels, ttl_seconds }: TokenRequest,
  nowMs: number,
): Grant & { readonly jti: string } {
  const scopes = new Set(scope);
  const freeLabels = free_labels ?? grant?.freeLabels;
  const bound = { ...grant?.labels, ...asked };
  const labels = Object.keys(bound).length > 0 ? bound : undefined;
  // A JWT tells whole seconds, and an end within one must not be later than the asker's.
  const askedEndMs = (Math.floor(nowMs / 1000) + (ttl_seconds ?? DEFAULT_TOKEN_SECONDS)) * 1000;
  const lastEndMs = grant?.expiresAtMs ?? Number.POSITIVE_INFINITY;
  const expiresAtMs = ttl_seconds === undefined ? Math.min(askedEndMs, lastEndMs) : askedEndMs;
  const ancestors = grant ? [...grant.ancestors, ...(grant.jti === null ? [] : [grant.jti])] : [];
  const made = { tenant, user, labels, freeLabels, scopes, expiresAtMs, ancestors, jti: crypto.randomUUID() };
  if (grant) requireWithin(grant, made);
  if (freeLabels && user === undefined && !labels) {
    const detail =
      "restricts only a token that is bound to a user or to labels: set user or labels, or leave free_labels out";
    throw new BudgetError(inputRefusal([{ pointer: "/free_labels", detail }]));
  }
  return made;
}

/** @throws BudgetError `forbidden` if one grant allows what the other, which it is made from, does not */
function requireWithin(grant: Grant, made: Grant): void {
  const [beyond] = [...made.scopes].filter((each) => !grant.scopes.has(each));
  if (beyond) throw forbidden(`a token cannot grant a scope it does not have: ${beyond}`);
  if (grant.user !== undefined && made.user !== grant.user) throw forbidden("this token is bound to another user");
  for (const [name, value] of Object.entries(grant.labels ?? {})) {
    if (made.labels?.[name] !== value) throw forbidden(`this token is bound to another label ${name}`);
  }
  requireLabels(grant, [...Object.keys(made.labels ?? {}), ...(made.freeLabels ?? [])]);
  if (made.expiresAtMs > grant.expiresAtMs) {
    const end = new Date(grant.expiresAtMs).toISOString();
    throw forbidden(`a token cannot outlive the one that it is minted with, which expires at ${end}`);
  }
  if (made.ancestors.length > MAX_ANCESTORS) {
    throw forbidden(`this token descends from ${MAX_ANCESTORS} others and cannot mint another`);
  }
}
