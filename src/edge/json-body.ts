import type { HonoRequest } from "hono";
import { BudgetError } from "../wire/index.ts";

/** The largest body of one call, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Reads a request's JSON. `T` is what the operation it goes to takes, and checks.
 *
 * @throws BudgetError `unsupported_media_type` unless it says it is JSON, `invalid_json` unless it is
 */
export async function jsonBody<T>(request: HonoRequest): Promise<T> {
  const type = request.header("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    const detail = `the content-type is ${type ? `"${type}"` : "missing"}; this call takes application/json`;
    throw new BudgetError({ code: "unsupported_media_type", detail });
  }
  const bytes = await request.arrayBuffer();
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    const detail = `the body cannot be read as JSON in UTF-8: ${(cause as Error).message}`;
    throw new BudgetError({ code: "invalid_json", detail }, { cause });
  }
}

/** Answers a body over the bound. */
export function onBodyTooLarge(): never {
  throw new BudgetError({ code: "body_too_large", detail: `a body takes up to ${MAX_BODY_BYTES} bytes` });
}
