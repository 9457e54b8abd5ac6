import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { BudgetError } from "../wire/index.ts";
import { MAX_BODY_BYTES, onBodyTooLarge } from "./json-body.ts";
import { onError, onMethodNotAllowed, onNotFound } from "./problems.ts";
import { tenantRoutes } from "./tenant-routes.ts";

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
export const app = new Hono<{ Bindings: Cloudflare.Env }>({ getPath });

app.onError(onError);
app.notFound(onNotFound);
app.use(methodNotAllowed({ app, onMethodNotAllowed }));
app.use(requireUtf8Path);
app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: onBodyTooLarge }));
app.get("/health", (c) => c.json({ status: "ok" }));
app.route("/v1/tenants/:tenant", tenantRoutes);
