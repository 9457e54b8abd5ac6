/** On whose token a call is made. A call without one is the operator's, or another Worker's: it may do everything. */
export interface Caller {
  /** Names the token, so that it can be revoked; null for an identity provider's token that has none. */
  readonly jti: string | null;
  /** Names the tokens that it was minted with, and theirs: once one of them is revoked, so is it. */
  readonly ancestors?: readonly string[] | undefined;
  /** The user that every one of its calls is bound to. */
  readonly user?: string | undefined;
  /** The labels that every one of its calls is bound to. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The other labels that its calls may name. Absent: any, or none if it is bound to a user; `model` always. */
  readonly freeLabels?: readonly string[] | undefined;
  /** When the token stops being accepted, in epoch milliseconds: a reservation made with it ends by then. */
  readonly expiresAtMs?: number | undefined;
}
