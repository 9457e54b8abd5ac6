/** Reads JSON bodies, within bounds. */
import type { HonoRequest } from "hono";
import { BudgetError, shorten } from "../wire/index.ts";

/** The largest body of one call, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;
/** The largest body of a batch, in bytes. A stream of lines has no bound, but each of its lines has that of one call. */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** The deepest nesting of a body's objects and lists: more than any call needs, and far from exhausting the stack. */
export const MAX_JSON_DEPTH = 16;

export const NDJSON = "application/x-ndjson";
const JSON_TYPE = "application/json";
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Reads a request's JSON. `T` is the operation's input, which the operation validates.
 *
 * @throws BudgetError `unsupported_media_type`, `invalid_json` or `json_too_deep`
 */
export async function jsonBody<T>(request: HonoRequest, types: readonly string[] = [JSON_TYPE]): Promise<T> {
  requireType(request, types);
  return parseJson(await request.arrayBuffer());
}

/** Reads a request's JSON. An empty body means `{}`. */
export async function optionalJsonBody<T>(request: HonoRequest): Promise<T> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0) return {} as T;
  requireType(request, [JSON_TYPE]);
  return parseJson(bytes);
}

export function refuseBody(maxBytes: number): never {
  throw new BudgetError({ code: "body_too_large", detail: `the body is larger than ${maxBytes} bytes` });
}

/** The media type of a request's body, without parameters. */
export function contentType(request: HonoRequest): string {
  return request.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
}

function requireType(request: HonoRequest, types: readonly string[]): void {
  const type = request.header("content-type");
  if (types.includes(contentType(request))) return;
  const detail = `the content-type is ${type ? `"${shorten(type, 128)}"` : "missing"}; this call takes ${types.join(" or ")}`;
  throw new BudgetError({ code: "unsupported_media_type", detail });
}

/** Parses JSON, as text or in UTF-8. */
export function parseJson<T>(json: ArrayBuffer | string): T {
  const text = typeof json === "string" ? json : decodeUtf8(json);
  if (isDeeperThan(text, MAX_JSON_DEPTH)) {
    throw new BudgetError({ code: "json_too_deep", detail: `the body is nested deeper than ${MAX_JSON_DEPTH}` });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(cause);
  }
}

function decodeUtf8(bytes: ArrayBuffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause: unknown): BudgetError {
  const detail = `the body cannot be read as JSON in UTF-8: ${(cause as Error).message}`;
  return new BudgetError({ code: "invalid_json", detail }, { cause });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * True if a JSON text is nested deeper than `maxDepth`. It scans the text before it is parsed: 4 MiB of opening brackets
 * would become a value of 120 MB.
 */
function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) i = endOfString(text, i);
    else if (OPENING.has(character)) depth += 1;
    else if (CLOSING.has(character)) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

/** The position of the quote that ends the string starting at `start`, or of the end of the text. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const character = text.charCodeAt(i);
    if (character === BACKSLASH) i += 1;
    else if (character === QUOTE) return i;
  }
  return text.length;
}
