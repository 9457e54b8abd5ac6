/** CORS: which pages may call, and what they may read. */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { WorkerEnv } from "./route.ts";

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
export const allowPages: MiddlewareHandler<WorkerEnv> = (c, next) =>
  c.req.raw.headers.has("origin") ? answerPage(c, next) : next();

let current: { readonly text: string; readonly origins: ReadonlySet<string> } | undefined;

/** A list that is wrong allows none: it could have been meant to be narrower. */
function allowedOrigin(origin: string, text = ""): string | null {
  if (current?.text !== text) current = { text, origins: parseOrigins(text) ?? new Set() };
  if (current.origins.has("*")) return "*";
  return current.origins.has(origin) ? origin : null;
}

/** An origin as a browser writes it (RFC 6454, section 6.2): a scheme, a host and an optional port, in lower case. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/(?:[a-z\d._-]+|\[[\da-f:]+\])(?::\d{1,5})?$/;

/** What a list of allowed origins takes. */
export const TAKES_ORIGINS =
  "origins separated by spaces, each a scheme, a host and an optional port, such as https://app.example, or * for any, or nothing";

/** Reads the origins whose pages may call; undefined if one could never equal what a browser sends. */
export function parseOrigins(text: string): ReadonlySet<string> | undefined {
  const origins = text.split(/\s+/).filter(Boolean);
  return origins.every((origin) => origin === "*" || isOrigin(origin)) ? new Set(origins) : undefined;
}

function isOrigin(text: string): boolean {
  if (!ORIGIN.test(text)) return false;
  // A web address has one way to be written, without its scheme's own port; that of an app has no rule.
  return !/^https?:/.test(text) || URL.parse(text)?.origin === text;
}
