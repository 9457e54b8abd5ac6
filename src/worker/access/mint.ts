/** Decides what a new token allows. */
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
 * The grant of a new token: the request, with the binding of the caller's own token.
 *
 * @param grant the caller's own grant; undefined for the operator
 * @throws BudgetError `forbidden` if the request exceeds the caller's own grant
 */
export function grantFor(
  grant: Grant | undefined,
  tenant: string,
  { scope, user = grant?.user, labels: requested, free_labels, ttl_seconds }: TokenRequest,
  nowMs: number,
): Grant & { readonly jti: string } {
  const scopes = new Set(scope);
  const freeLabels = free_labels ?? grant?.freeLabels;
  const bound = { ...grant?.labels, ...requested };
  const labels = Object.keys(bound).length > 0 ? bound : undefined;
  // A JWT has whole seconds. Rounding must not make the token outlive the caller's.
  const requestedMs = (Math.floor(nowMs / 1000) + (ttl_seconds ?? DEFAULT_TOKEN_SECONDS)) * 1000;
  const latestMs = grant?.expiresAtMs ?? Number.POSITIVE_INFINITY;
  const expiresAtMs = ttl_seconds === undefined ? Math.min(requestedMs, latestMs) : requestedMs;
  const ancestors = grant ? [...grant.ancestors, ...(grant.jti === null ? [] : [grant.jti])] : [];
  const minted = { tenant, user, labels, freeLabels, scopes, expiresAtMs, ancestors, jti: crypto.randomUUID() };
  if (grant) requireWithin(grant, minted);
  if (freeLabels && user === undefined && !labels) {
    const detail =
      "restricts only a token that is bound to a user or to labels: set user or labels, or leave free_labels out";
    throw new BudgetError(inputRefusal([{ pointer: "/free_labels", detail }]));
  }
  return minted;
}

/** @throws BudgetError `forbidden` if the minted grant allows anything that the caller's own does not */
function requireWithin(grant: Grant, minted: Grant): void {
  const [beyond] = [...minted.scopes].filter((each) => !grant.scopes.has(each));
  if (beyond) throw forbidden(`a token cannot grant a scope it does not have: ${beyond}`);
  if (grant.user !== undefined && minted.user !== grant.user) throw forbidden("this token is bound to another user");
  for (const [name, value] of Object.entries(grant.labels ?? {})) {
    if (minted.labels?.[name] !== value) throw forbidden(`this token is bound to another label ${name}`);
  }
  requireLabels(grant, [...Object.keys(minted.labels ?? {}), ...(minted.freeLabels ?? [])]);
  if (minted.expiresAtMs > grant.expiresAtMs) {
    const end = new Date(grant.expiresAtMs).toISOString();
    throw forbidden(`a token cannot outlive the one that it is minted with, which expires at ${end}`);
  }
  if (minted.ancestors.length > MAX_ANCESTORS) {
    throw forbidden(`this token descends from ${MAX_ANCESTORS} others and cannot mint another`);
  }
}
