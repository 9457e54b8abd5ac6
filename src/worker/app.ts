/** The HTTP app: middleware of every request, then routes. */
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { BudgetError } from "../wire/index.ts";
import { authenticate } from "./access/authenticate.ts";
import { allowPages } from "./cors.ts";
import { exchange } from "./exchange.ts";
import { contentType, MAX_BODY_BYTES, NDJSON, refuseBody } from "./json-body.ts";
import { onError, onMethodNotAllowed, onNotFound } from "./problems.ts";
import type { RouteBody, WorkerEnv } from "./route.ts";
import { ROUTES } from "./routes/index.ts";

/**
 * The path as it was sent: ids stay percent-encoded until a route reads them, so that they can contain a slash. The URL
 * of a request is normalized, so the path is the text between authority and query.
 */
function getPath({ url }: Request): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}

/** A host and an optional port (RFC 9110, section 7.2). */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** The URL of a request is made from its `Host`, so a slash or a question mark in it would change the path. */
const requireHost: MiddlewareHandler = (c, next) => {
  const host = c.req.raw.headers.get("host");
  if (host === null || HOST.test(host)) return next();
  throw new BudgetError({
    code: "invalid_host",
    detail: "the Host header takes a host and an optional port, such as budget.example:8787",
  });
};

/** Hono would take escapes that are not UTF-8 as literal text. */
const requireUtf8Path: MiddlewareHandler = (c, next) => {
  try {
    if (c.req.path.includes("%")) decodeURIComponent(c.req.path);
  } catch (cause) {
    throw new BudgetError({ code: "invalid_path", detail: "the path is not percent-encoded UTF-8" }, { cause });
  }
  return next();
};

export const app = new Hono<WorkerEnv>({ getPath });

app.onError(onError);
app.notFound(onNotFound);
app.use(exchange);
app.use(requireHost);
app.use(allowPages);
app.use(methodNotAllowed({ app, onMethodNotAllowed }));
app.use(requireUtf8Path);

for (const route of ROUTES) {
  const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
  app.on(route.method, path, authenticate(route), ...(route.body ? [limitBody(route.body)] : []), route.handle);
}

/**
 * Bounds a body that is read as a whole: by its `Content-Length`, or by counting if it has none. A stream of lines is
 * bounded line by line instead.
 */
function limitBody({ maxBytes = MAX_BODY_BYTES, types = [] }: RouteBody): MiddlewareHandler {
  const count = bodyLimit({ maxSize: maxBytes, onError: () => refuseBody(maxBytes) });
  return (c, next) => {
    if (types.includes(NDJSON) && contentType(c.req) === NDJSON) return next();
    const length = c.req.raw.headers.get("content-length");
    if (length === null) return count(c, next);
    return Number(length) > maxBytes ? refuseBody(maxBytes) : next();
  };
}
