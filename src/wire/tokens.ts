/** Tokens: their scopes, and the requests and responses that create and revoke them. */
import { z } from "zod";
import { isLabelName } from "../core/index.ts";
import { Id } from "./ids.ts";
import type { Immutable } from "./immutable.ts";
import { Labels } from "./requests.ts";

/** The scopes of tokens. Scopes do not imply one another. */
export const TOKEN_SCOPES = ["check", "consume", "reserve", "read", "configure", "admin"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** The longest lifetime of a token: 366 days. Tokens with a longer one are not accepted, whoever signed them. */
export const MAX_TOKEN_SECONDS = 366 * 86_400;
export const DEFAULT_TOKEN_SECONDS = 3600;

const FREE_LABELS_TAKE = "takes a list of up to 8 label names";
/** Names of labels whose values the calls of a bound token can choose. */
export const FreeLabels = z
  .array(z.string(FREE_LABELS_TAKE).refine(isLabelName, FREE_LABELS_TAKE), FREE_LABELS_TAKE)
  .max(8, FREE_LABELS_TAKE);

/** The longest chain of tokens, each minted with the one before it. */
export const MAX_ANCESTORS = 8;

const SCOPE_TAKES = `takes one or more of ${TOKEN_SCOPES.join(", ")}, in a list or separated by spaces`;
/** A list, or text separated by spaces (RFC 6749, section 3.3). */
const Scopes = z
  .union([z.string(), z.array(z.string())], SCOPE_TAKES)
  .transform((scope) => (typeof scope === "string" ? scope.split(" ") : scope))
  .refine((words): words is TokenScope[] => words.length > 0 && words.every(isTokenScope), SCOPE_TAKES);

function isTokenScope(word: string): word is TokenScope {
  return (TOKEN_SCOPES as readonly string[]).includes(word);
}

const TTL_TAKES = `takes a whole number of seconds from 1 to ${MAX_TOKEN_SECONDS}`;

/** `POST tokens` */
export const TokenRequest = z
  .strictObject({
    scope: Scopes.describe(`What the token allows, as a list or separated by spaces: ${TOKEN_SCOPES.join(", ")}.`),
    user: Id.optional().describe("The user that every call of the token is bound to."),
    labels: Labels.optional().describe("The labels that every call of the token is bound to."),
    free_labels: FreeLabels.optional().describe(
      "Names of other labels that a bound token can use. Absent: those of the token that creates it; if that has none, a token bound to a user can use `model` only, and one bound to labels can use any.",
    ),
    ttl_seconds: z
      .int(TTL_TAKES)
      .min(1, TTL_TAKES)
      .max(MAX_TOKEN_SECONDS, TTL_TAKES)
      .optional()
      .describe(
        `Seconds until the token expires. Default ${DEFAULT_TOKEN_SECONDS}, or less if the token that creates it expires earlier.`,
      ),
  })
  .meta({ id: "TokenRequest", description: "The token's scopes, binding and lifetime." });
export type TokenRequest = z.infer<typeof TokenRequest>;

export const TokenResponse = z
  .object({
    token: z.string().describe("The token. It is returned once and stored nowhere."),
    jti: z.string().describe("The token's id, used to revoke it."),
    tenant: z.string().describe("The tenant."),
    user: z.string().optional().describe("The user that the token is bound to."),
    labels: z.record(z.string(), z.string()).optional().describe("The labels that the token is bound to."),
    free_labels: z.array(z.string()).optional().describe("Names of other labels that its calls can use."),
    scope: z.array(z.enum(TOKEN_SCOPES)).describe("What the token allows."),
    expires_at: z.iso.datetime().describe("When the token expires."),
  })
  .meta({ id: "Token", description: "A new token." });
export type TokenResponse = z.infer<typeof TokenResponse>;

export const RevokedToken = z
  .object({
    jti: z.string().describe("The token's id."),
    revoked_at: z.iso.datetime().describe("When it was revoked."),
  })
  .meta({ id: "RevokedToken", description: "A revoked token." });
export type RevokedToken = Immutable<z.infer<typeof RevokedToken>>;

/** A new token as the ledger records it. */
export const MintedToken = z.object({
  jti: z.string(),
  scopes: z.array(z.enum(TOKEN_SCOPES)),
  user: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  /** Epoch milliseconds. */
  expiresAtMs: z.number(),
  ancestors: z.array(z.string()),
});
