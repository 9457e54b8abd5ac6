import { z } from "zod";
import { isLabelName } from "../core/index.ts";
import { Id } from "./ids.ts";
import { AllowsStepRequest } from "./requests.ts";

/** What a token can allow. None of them holds another. */
export const TOKEN_SCOPES = ["check", "consume", "reserve", "read", "configure", "admin"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** The longest that a token lives, in seconds: 366 days. What lives longer is not accepted, whoever signed it. */
export const MAX_TOKEN_SECONDS = 366 * 86_400;
export const DEFAULT_TOKEN_SECONDS = 3600;

/** Labels that every call is bound to, by name. */
export const BoundLabels = AllowsStepRequest.shape.labels.unwrap();

const FREE_LABELS_TAKE = "takes a list of up to 8 names of labels";
/** Names of labels whose values a bound token's calls may choose. */
export const FreeLabels = z
  .array(z.string(FREE_LABELS_TAKE).refine(isLabelName, FREE_LABELS_TAKE), FREE_LABELS_TAKE)
  .max(8, FREE_LABELS_TAKE);

/** How many tokens can stand between a token and the operator or identity provider that it comes from. */
export const MAX_ANCESTORS = 8;

const SCOPE_TAKES = `takes one or more of ${TOKEN_SCOPES.join(", ")}, in a list or with spaces between them`;
/** A list, or text with spaces between (RFC 6749, section 3.3). */
const Scopes = z
  .union([z.string(), z.array(z.string())], SCOPE_TAKES)
  .transform((scope) => (typeof scope === "string" ? scope.split(" ") : scope))
  .refine((words): words is TokenScope[] => words.length > 0 && words.every(isTokenScope), SCOPE_TAKES);

function isTokenScope(word: string): word is TokenScope {
  return (TOKEN_SCOPES as readonly string[]).includes(word);
}

const TTL_TAKES = `takes a whole number of seconds from 1 to ${MAX_TOKEN_SECONDS}`;

/** `POST tokens`: what the token shall allow, to whom, and for how long. */
export const TokenRequest = z.strictObject({
  scope: Scopes,
  user: Id.optional(),
  labels: BoundLabels.optional(),
  free_labels: FreeLabels.optional(),
  ttl_seconds: z.int(TTL_TAKES).min(1, TTL_TAKES).max(MAX_TOKEN_SECONDS, TTL_TAKES).optional(),
});
export type TokenRequest = z.infer<typeof TokenRequest>;

/** A token, told once. */
export const TokenAnswer = z.object({
  token: z.string(),
  jti: z.string(),
  tenant: z.string(),
  user: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  free_labels: z.array(z.string()).optional(),
  scope: z.array(z.enum(TOKEN_SCOPES)),
  expires_at: z.iso.datetime(),
});
export type TokenAnswer = z.infer<typeof TokenAnswer>;
