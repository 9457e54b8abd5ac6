import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { BudgetError, PROBLEMS } from "../wire/index.ts";

/** Answers with a problem document (RFC 9457). Every error answer is made here. */
function problem(c: Context, { code, message, errors }: BudgetError, headers: Record<string, string> = {}): Response {
  const { status, title } = PROBLEMS[code];
  const document = { title, status, code, detail: message, ...(errors && { errors }) };
  return c.body(JSON.stringify(document), status, { ...headers, "content-type": "application/problem+json" });
}

export const onError: ErrorHandler = (error, c) => {
  if (error instanceof BudgetError) return problem(c, error);
  console.error(error);
  return problem(c, new BudgetError({ code: "internal", detail: "an unexpected failure, which has been logged" }));
};

export const onNotFound: NotFoundHandler = (c) =>
  problem(c, new BudgetError({ code: "not_found", detail: `there is no route ${c.req.path}` }));

/** Answers a known path's wrong method; `Allow` lists the right ones (RFC 9110, section 15.5.6). */
export function onMethodNotAllowed(c: Context, methods: string[]): Response {
  const allow = methods.join(", ");
  const detail = `${c.req.path} takes ${allow}, not ${c.req.method}`;
  return problem(c, new BudgetError({ code: "method_not_allowed", detail }), { allow });
}
