/** Problem documents, and the responses that have one. */
import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { BudgetError, PROBLEMS, type ProblemCode, type Refusal, shorten } from "../wire/index.ts";
import { PROBLEM_PAGES } from "./problem-pages.ts";
import { rateLimitFields } from "./rate-limit-fields.ts";
import type { WorkerEnv } from "./route.ts";

/** How much of a path a problem document repeats. */
const MAX_PATH_LENGTH = 512;

/** The problem document (RFC 9457) of a refusal. No other code builds one. */
export function problemDocument(c: Context<WorkerEnv>, refusal: Refusal) {
  const { code, detail, errors, errors_omitted, decision } = refusal;
  const { status, title } = PROBLEMS[code];
  return {
    // A request's URL can have a host that does not parse; then the page has no URL (RFC 9457, section 4.2.1).
    type: URL.parse(`/problems/${code}`, c.req.url)?.href ?? "about:blank",
    title,
    status,
    code,
    detail,
    retryable: retryAfterOf(code, decision) !== null,
    request_id: c.var.requestId,
    ...(errors && { errors }),
    ...(errors_omitted && { errors_omitted }),
    ...(decision && { decision }),
  };
}

function problem(c: Context<WorkerEnv>, { refusal }: BudgetError, headers: Record<string, string> = {}): Response {
  c.set("code", refusal.code);
  if (refusal.decision) c.set("decision", refusal.decision.state);
  const document = problemDocument(c, refusal);
  const retryAfter = retryAfterOf(refusal.code, refusal.decision);
  return c.body(JSON.stringify(document), document.status, {
    ...headers,
    ...(refusal.decision && rateLimitFields(refusal.decision, Date.now())),
    ...(document.status === 401 && { "www-authenticate": challenge(c) }),
    ...(retryAfter !== null && { "retry-after": `${Math.ceil(retryAfter)}` }),
    "content-type": "application/problem+json",
  });
}

/** Seconds after which the same call can succeed; null if it cannot. */
function retryAfterOf(code: ProblemCode, decision: Refusal["decision"]): number | null {
  return decision ? decision.retry_after : (PROBLEM_PAGES[code].retryAfterSeconds ?? null);
}

/** RFC 6750, section 3: an error code only if the request had a token. */
function challenge(c: Context<WorkerEnv>): string {
  return c.req.header("authorization") ? 'Bearer error="invalid_token"' : "Bearer";
}

export const onError: ErrorHandler<WorkerEnv> = (error, c) => {
  if (error instanceof BudgetError) {
    if (error.status >= 500 && error.cause) console.error(error.cause);
    return problem(c, error);
  }
  console.error(error);
  return problem(c, new BudgetError({ code: "internal", detail: "an unexpected error, which has been logged" }));
};

export const onNotFound: NotFoundHandler<WorkerEnv> = (c) =>
  problem(
    c,
    new BudgetError({ code: "not_found", detail: `there is no route ${shorten(c.req.path, MAX_PATH_LENGTH)}` }),
  );

/** RFC 9110, section 15.5.6: `Allow` lists the methods of the path. */
export function onMethodNotAllowed(c: Context<WorkerEnv>, methods: string[]): Response {
  const allow = methods.join(", ");
  const detail = `${shorten(c.req.path, MAX_PATH_LENGTH)} takes ${allow}, not ${c.req.method}`;
  return problem(c, new BudgetError({ code: "method_not_allowed", detail }), { allow });
}
