/** Parses an answer's body by its content type. */
import { NDJSON } from "./batch.ts";
import type { FuzzAnswer } from "./exchange.ts";

/**
 * Returns parsed JSON, JSON lines as a list, or text.
 *
 * @throws SyntaxError if it is not what its type says
 */
export function readAnswer({ headers, text }: FuzzAnswer): unknown {
  const type = typeOf(headers["content-type"]);
  if (type === NDJSON) return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown]));
  return type.endsWith("json") ? (JSON.parse(text) as unknown) : text;
}

export function typeOf(contentType: string | undefined): string {
  return contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
}
