import type { HonoRequest } from "hono";
import { BudgetError } from "../wire/index.ts";

/** The largest body of one call, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;
/** The largest body of a batch, in bytes. A stream of lines has no bound but each line's, which is one call's. */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** How deep a body's objects and lists may be nested: more than any call needs, less than any stack holds. */
export const MAX_JSON_DEPTH = 16;

/** Lines of JSON. */
export const NDJSON = "application/x-ndjson";
const JSON_TYPE = "application/json";
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Reads a request's JSON. `T` is what the operation it goes to takes, and checks.
 *
 * @throws BudgetError `unsupported_media_type` unless it says it is JSON, `invalid_json` unless it is, and
 *   `json_too_deep` where it is nested beyond the bound
 */
export async function jsonBody<T>(request: HonoRequest, types: readonly string[] = [JSON_TYPE]): Promise<T> {
  requireType(request, types);
  return parseJson(await request.arrayBuffer());
}

/** Reads a request's JSON where there need not be any; nothing is `{}`. */
export async function optionalJsonBody<T>(request: HonoRequest): Promise<T> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0) return {} as T;
  requireType(request, [JSON_TYPE]);
  return parseJson(bytes);
}

/** Refuses a body over its bound. */
export function refuseBody(maxBytes: number): never {
  throw new BudgetError({ code: "body_too_large", detail: `a body takes up to ${maxBytes} bytes` });
}

/** The type of a request's body, without its parameters. */
export function contentType(request: HonoRequest): string {
  return request.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
}

function requireType(request: HonoRequest, types: readonly string[]): void {
  const type = request.header("content-type");
  if (types.includes(contentType(request))) return;
  const detail = `the content-type is ${type ? `"${type}"` : "missing"}; this call takes ${types.join(" or ")}`;
  throw new BudgetError({ code: "unsupported_media_type", detail });
}

/** Reads JSON, as text or as its bytes in UTF-8. */
export function parseJson<T>(json: ArrayBuffer | string): T {
  let value: unknown;
  try {
    value = JSON.parse(typeof json === "string" ? json : utf8.decode(json));
  } catch (cause) {
    const detail = `the body cannot be read as JSON in UTF-8: ${(cause as Error).message}`;
    throw new BudgetError({ code: "invalid_json", detail }, { cause });
  }
  if (isDeeperThan(value, MAX_JSON_DEPTH)) {
    throw new BudgetError({ code: "json_too_deep", detail: `the body is nested deeper than ${MAX_JSON_DEPTH}` });
  }
  return value as T;
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}
