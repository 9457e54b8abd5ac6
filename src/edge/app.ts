import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { BudgetError } from "../wire/index.ts";
import { admit } from "./access/admit.ts";
import type { EdgeEnv } from "./edge-env.ts";
import { exchange } from "./exchange.ts";
import { contentType, MAX_BODY_BYTES, NDJSON, refuseBody } from "./json-body.ts";
import { onError, onMethodNotAllowed, onNotFound } from "./problems.ts";
import type { RouteBody } from "./route.ts";
import { ROUTES } from "./routes/index.ts";

/** The path as it came: an id stays percent-encoded until a route takes it, so that it can hold a slash. */
function getPath(request: Request): string {
  return new URL(request.url).pathname;
}

/** Refuses a path that is not UTF-8, which would otherwise be taken for the text of its escapes. */
const requireUtf8Path: MiddlewareHandler = async (c, next) => {
  try {
    decodeURIComponent(c.req.path);
  } catch (cause) {
    throw new BudgetError({ code: "invalid_path", detail: "the path is not percent-encoded UTF-8" }, { cause });
  }
  await next();
};

/** The HTTP surface. */
export const app = new Hono<EdgeEnv>({ getPath });

app.onError(onError);
app.notFound(onNotFound);
app.use(exchange);
app.use(methodNotAllowed({ app, onMethodNotAllowed }));
app.use(requireUtf8Path);

for (const route of ROUTES) {
  const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
  app.on(route.method, path, admit(route), ...(route.body ? [limitBody(route.body)] : []), route.handle);
}

/** Bounds a body that is read as a whole. A stream of lines is bounded line by line. */
function limitBody({ maxBytes = MAX_BODY_BYTES }: RouteBody): MiddlewareHandler {
  const limit = bodyLimit({ maxSize: maxBytes, onError: () => refuseBody(maxBytes) });
  return (c, next) => (contentType(c.req) === NDJSON ? next() : limit(c, next));
}
