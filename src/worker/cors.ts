import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { parseOrigins } from "./allowed-origins.ts";
import type { EdgeEnv } from "./edge-env.ts";

/** What a page may send beside what any may, and what it may read of an answer beside its body. */
const REQUEST_HEADERS = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "If-Match",
  "From",
  "X-Request-Id",
  "traceparent",
];
const ANSWER_HEADERS = ["ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "X-Request-Id"];
/** How long a browser may remember a preflight, in seconds; some remember it for less. */
const PREFLIGHT_SECONDS = 86_400;

const answerPage = cors({
  origin: (origin, c) => allowedOrigin(origin, c.env.CORS_ORIGINS),
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: REQUEST_HEADERS,
  exposeHeaders: ANSWER_HEADERS,
  maxAge: PREFLIGHT_SECONDS,
});

/**
 * Lets pages of the allowed origins call, and read what they are answered, errors among it. There is no credentials
 * mode: a page calls with its token, and a browser adds nothing of its own that a foreign page could use.
 */
export const allowPages: MiddlewareHandler<EdgeEnv> = (c, next) =>
  c.req.raw.headers.has("origin") ? answerPage(c, next) : next();

let current: { readonly text: string; readonly origins: ReadonlySet<string> } | undefined;

/** A list that is wrong allows none: it could have been meant to be narrower. */
function allowedOrigin(origin: string, text = ""): string | null {
  if (current?.text !== text) current = { text, origins: parseOrigins(text) ?? new Set() };
  if (current.origins.has("*")) return "*";
  return current.origins.has(origin) ? origin : null;
}
