/** The caller of an operation, and its permissions. */
import type { TokenScope } from "../wire/index.ts";

/** The permissions of a caller with a token. The operator and other Workers have none, and can do everything. */
export interface Permissions {
  readonly scopes: ReadonlySet<TokenScope>;
  readonly caller: Caller;
}

/** A caller with a token, as the tenant's object knows it. */
export interface Caller {
  /** The token's id, used to revoke it; null for an identity provider's token without one. */
  readonly jti: string | null;
  /** The token that this one was minted with, that one's, and so on. If one of them is revoked, so is this one. */
  readonly ancestors?: readonly string[] | undefined;
  /** The user to which all calls are bound. */
  readonly user?: string | undefined;
  /** The labels to which all calls are bound. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Other labels that calls can use, beside `model`. Absent: any, or none if the token is bound to a user. */
  readonly freeLabels?: readonly string[] | undefined;
  /** When the token stops being accepted, in epoch milliseconds. Reservations made with it expire by then. */
  readonly expiresAtMs?: number | undefined;
}

/** True for a caller whose calls are bound to a user or to labels. */
export function isBound(caller: Caller | undefined): caller is Caller {
  return caller !== undefined && (caller.user !== undefined || caller.labels !== undefined);
}
