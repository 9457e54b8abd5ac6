import { z } from "zod";
import { BoundLabels, Id, TOKEN_SCOPES, type TokenScope } from "../../wire/index.ts";
import type { Grant } from "./grant.ts";

const Scopes = z
  .union([z.string().transform((text) => text.split(" ")), z.array(z.string())])
  // A word that this version does not know allows nothing.
  .transform((words) => new Set(TOKEN_SCOPES.filter((scope) => words.includes(scope)) as TokenScope[]));

const Claims = z.object({
  tenant: Id,
  user: Id.optional(),
  labels: BoundLabels.optional(),
  scope: Scopes,
  exp: z.number(),
  jti: Id.optional(),
});

/** Reads what verified claims allow; where they are not what a token has, names the first one at fault. */
export function grantOf(claims: unknown): Grant | string {
  const parsed = Claims.safeParse(claims);
  if (!parsed.success) return String(parsed.error.issues[0]?.path[0] ?? "claims");
  const { tenant, user, labels, scope, exp, jti = null } = parsed.data;
  const isBound = labels !== undefined && Object.keys(labels).length > 0;
  return { tenant, user, labels: isBound ? labels : undefined, scopes: scope, expiresAtMs: exp * 1000, jti };
}
