/** Who makes a call, as far as the tenant's object has to know. */

/** The token that a call is made with. A call without one is the operator's, or another Worker's: it may do everything. */
export interface Caller {
  /** The token's id, by which it can be revoked; null for an identity provider's token that has none. */
  readonly jti: string | null;
  /** The tokens that it was minted with, and theirs: if one of them is revoked, so is it. */
  readonly ancestors?: readonly string[] | undefined;
  /** The user that all of its calls are bound to. */
  readonly user?: string | undefined;
  /** The labels that all of its calls are bound to. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The other labels that its calls may name. Absent: any, or none if it is bound to a user; `model` always. */
  readonly freeLabels?: readonly string[] | undefined;
  /** When the token stops being accepted, in epoch milliseconds: a reservation made with it expires by then. */
  readonly expiresAtMs?: number | undefined;
}

/** True for a caller whose calls are bound to a user or to labels. */
export function isBound(caller: Caller | undefined): caller is Caller {
  return caller !== undefined && (caller.user !== undefined || caller.labels !== undefined);
}
