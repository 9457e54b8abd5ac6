import { z } from "zod";
import { FreeLabels, Id, Labels, MAX_ANCESTORS, TOKEN_SCOPES, type TokenScope } from "../../wire/index.ts";
import type { Grant } from "./grant.ts";

const Scopes = z
  .union([z.string().transform((text) => text.split(" ")), z.array(z.string())])
  // A word that this version does not know allows nothing.
  .transform((words) => new Set(TOKEN_SCOPES.filter((scope) => words.includes(scope)) as TokenScope[]));

/** A list, or text with spaces between, as identity providers may have it; none is nothing. */
const FreeLabelsClaim = z.preprocess(
  (names) => (typeof names === "string" ? names.split(" ").filter(Boolean) : (names ?? [])),
  FreeLabels,
);

const Claims = z
  .object({
    tenant: Id,
    user: Id.optional(),
    labels: Labels.transform((labels) => (Object.keys(labels).length > 0 ? labels : undefined)).optional(),
    free_labels: FreeLabelsClaim.optional(),
    scope: Scopes,
    exp: z.number(),
    jti: Id.optional(),
    anc: z.array(Id).max(MAX_ANCESTORS).optional(),
  })
  // It could be taken for a restriction, which it would not be.
  .refine(({ user, labels, free_labels }) => free_labels === undefined || user !== undefined || labels !== undefined, {
    path: ["free_labels"],
  });

/** Reads what verified claims allow; where they are not what a token has, names the first one at fault. */
export function grantOf(claims: unknown): Grant | string {
  const parsed = Claims.safeParse(claims);
  if (!parsed.success) return String(parsed.error.issues[0]?.path[0] ?? "claims");
  const { tenant, user, labels, free_labels: freeLabels, scope, exp, jti = null, anc: ancestors = [] } = parsed.data;
  return { tenant, user, labels, freeLabels, scopes: scope, expiresAtMs: exp * 1000, jti, ancestors };
}
