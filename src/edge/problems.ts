import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { BudgetError, PROBLEMS } from "../wire/index.ts";
import type { EdgeEnv } from "./edge-env.ts";
import { PROBLEM_PAGES } from "./problem-pages.ts";

/** Answers with a problem document (RFC 9457). Every error answer is made here. */
function problem(
  c: Context<EdgeEnv>,
  { code, message, errors }: BudgetError,
  headers: Record<string, string> = {},
): Response {
  const { status, title } = PROBLEMS[code];
  const { retryAfterSeconds } = PROBLEM_PAGES[code];
  c.set("code", code);
  const document = {
    type: new URL(`/problems/${code}`, c.req.url).href,
    title,
    status,
    code,
    detail: message,
    retryable: retryAfterSeconds !== undefined,
    request_id: c.var.requestId,
    ...(errors && { errors }),
  };
  return c.body(JSON.stringify(document), status, {
    ...headers,
    ...(status === 401 && { "www-authenticate": challenge(c) }),
    ...(retryAfterSeconds !== undefined && { "retry-after": `${retryAfterSeconds}` }),
    "content-type": "application/problem+json",
  });
}

/** Asks for a token, and says where there was one that is not good (RFC 6750, section 3). */
function challenge(c: Context<EdgeEnv>): string {
  return c.req.header("authorization") ? 'Bearer error="invalid_token"' : "Bearer";
}

export const onError: ErrorHandler<EdgeEnv> = (error, c) => {
  if (error instanceof BudgetError) {
    if (error.status >= 500 && error.cause) console.error(error.cause);
    return problem(c, error);
  }
  console.error(error);
  return problem(c, new BudgetError({ code: "internal", detail: "an unexpected failure, which has been logged" }));
};

export const onNotFound: NotFoundHandler<EdgeEnv> = (c) =>
  problem(c, new BudgetError({ code: "not_found", detail: `there is no route ${c.req.path}` }));

/** Answers a known path's wrong method; `Allow` lists the right ones (RFC 9110, section 15.5.6). */
export function onMethodNotAllowed(c: Context<EdgeEnv>, methods: string[]): Response {
  const allow = methods.join(", ");
  const detail = `${c.req.path} takes ${allow}, not ${c.req.method}`;
  return problem(c, new BudgetError({ code: "method_not_allowed", detail }), { allow });
}
