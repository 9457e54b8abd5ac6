/** Reads a token's claims. */
import { z } from "zod";
import { FreeLabels, Id, Labels, MAX_ANCESTORS, TOKEN_SCOPES, type TokenScope } from "../../wire/index.ts";
import type { Grant } from "./grant.ts";

const Scopes = z
  .union([z.string().transform((text) => text.split(" ")), z.array(z.string())])
  // Unknown scopes are ignored, so that a token for a newer version can be used.
  .transform((words) => new Set(TOKEN_SCOPES.filter((scope) => words.includes(scope)) as TokenScope[]));

/** A list, or text separated by spaces, as identity providers may send it. Null is an empty list. */
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
  // Without a binding it would look like a restriction and not be one.
  .refine(({ user, labels, free_labels }) => free_labels === undefined || user !== undefined || labels !== undefined, {
    path: ["free_labels"],
  });

/** @returns the grant of verified claims, or the name of the first claim that is not valid */
export function grantOf(claims: unknown): Grant | string {
  const parsed = Claims.safeParse(claims);
  if (!parsed.success) return String(parsed.error.issues[0]?.path[0] ?? "claims");
  const { tenant, user, labels, free_labels: freeLabels, scope, exp, jti = null, anc: ancestors = [] } = parsed.data;
  return { tenant, user, labels, freeLabels, scopes: scope, expiresAtMs: exp * 1000, jti, ancestors };
}
