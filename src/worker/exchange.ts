/** The middleware of every request: request id, trace, default headers and the log. */
import type { MiddlewareHandler } from "hono";
import type { WorkerEnv } from "./route.ts";

const REQUEST_ID = /^[\w.:/+=@-]{1,128}$/;
/** No tenant has a longer id, but a caller with another tenant's token can put any text into the path. */
const MAX_TENANT_LENGTH = 256;
/** W3C Trace Context, section 3.2. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Accepts or generates a request id, passes the caller's trace through, disables caching unless the route enables it,
 * and logs one line of JSON. The line has no token and no body, and of the path only the route and, once the caller is
 * authenticated, the tenant.
 */
export const exchange: MiddlewareHandler<WorkerEnv> = async (c, next) => {
  const startedAtMs = Date.now();
  const { headers } = c.req.raw;
  const given = headers.get("x-request-id");
  const requestId = given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
  c.set("requestId", requestId);
  await next();
  const answer = c.res.headers;
  answer.set("x-request-id", requestId);
  if (!answer.has("cache-control")) answer.set("cache-control", "no-store");
  answer.set("x-content-type-options", "nosniff");
  const trace = TRACEPARENT.exec(headers.get("traceparent") ?? "");
  if (trace) answer.set("traceparent", trace[0]);
  if (c.env.REQUEST_LOG === "off") return;
  // `c.get` because each `c.var` copies all variables.
  const line = {
    message: "request",
    request_id: requestId,
    trace_id: trace?.[1],
    method: c.req.method,
    route: c.get("route")?.path,
    tenant: c.get("tenantId")?.slice(0, MAX_TENANT_LENGTH),
    status: c.res.status,
    code: c.get("code"),
    decision: c.get("decision"),
    ms: Date.now() - startedAtMs,
  };
  console.log(JSON.stringify(line));
};
