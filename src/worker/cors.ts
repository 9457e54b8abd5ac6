/** CORS: which origins can call, and which headers they can send and read. */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { WorkerEnv } from "./route.ts";

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
/** How long a browser can cache a preflight. Some browsers cache it for less. */
const PREFLIGHT_SECONDS = 86_400;

const answerPage = cors({
  origin: (origin, c) => allowedOrigin(origin, c.env.CORS_ORIGINS),
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: REQUEST_HEADERS,
  exposeHeaders: ANSWER_HEADERS,
  maxAge: PREFLIGHT_SECONDS,
});

/**
 * Lets pages of the allowed origins call and read responses, including errors. Credentials mode is off: a page sends its
 * token itself, and the browser adds nothing that another origin could misuse.
 */
export const allowPages: MiddlewareHandler<WorkerEnv> = (c, next) =>
  c.req.raw.headers.has("origin") ? answerPage(c, next) : next();

let current: { readonly text: string; readonly origins: ReadonlySet<string> } | undefined;

/** An invalid list allows no origin, because it may have been meant to be narrower. */
function allowedOrigin(origin: string, text = ""): string | null {
  if (current?.text !== text) current = { text, origins: parseOrigins(text) ?? new Set() };
  if (current.origins.has("*")) return "*";
  return current.origins.has(origin) ? origin : null;
}

/** An origin as a browser writes it (RFC 6454, section 6.2): a scheme, a host and an optional port, in lower case. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/(?:[a-z\d._-]+|\[[\da-f:]+\])(?::\d{1,5})?$/;

/** What the list of allowed origins takes, for error messages. */
export const TAKES_ORIGINS =
  "origins separated by spaces, each a scheme, a host and an optional port, such as https://app.example, or * for any, or nothing";

/** Parses a list of allowed origins; undefined if one of them can never equal the `Origin` that a browser sends. */
export function parseOrigins(text: string): ReadonlySet<string> | undefined {
  const origins = text.split(/\s+/).filter(Boolean);
  return origins.every((origin) => origin === "*" || isOrigin(origin)) ? new Set(origins) : undefined;
}

function isOrigin(text: string): boolean {
  if (!ORIGIN.test(text)) return false;
  // A browser normalizes http and https origins, and omits their default port. Schemes of apps have no such rule.
  return !/^https?:/.test(text) || URL.parse(text)?.origin === text;
}
