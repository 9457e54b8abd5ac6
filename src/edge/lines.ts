import { BudgetError } from "../wire/index.ts";
import { MAX_BODY_BYTES, refuseBody } from "./json-body.ts";

/**
 * Splits a stream of UTF-8 into lines, those that arrive together at a time. Empty lines are passed over.
 *
 * @throws BudgetError `body_too_large` at a line that is longer than a call's body may be, `invalid_json` at what is
 *   not UTF-8
 */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decode(decoder, bytes)).split("\n");
    rest = lines.pop() ?? "";
    const full = lines.filter((line) => line.trim() !== "");
    for (const line of [...full, rest]) if (line.length > MAX_BODY_BYTES) refuseBody(MAX_BODY_BYTES);
    if (full.length > 0) yield full;
  }
  rest += decode(decoder);
  if (rest.trim() !== "") yield [rest];
}

/** Decodes a part of the stream; none is its end. */
function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (cause) {
    throw new BudgetError({ code: "invalid_json", detail: "the body is not UTF-8" }, { cause });
  }
}
