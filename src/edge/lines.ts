import { MAX_BODY_BYTES, refuseBody } from "./json-body.ts";

/**
 * Splits a stream of UTF-8 into lines, those that arrive together at a time. Empty lines are passed over.
 *
 * @throws BudgetError `body_too_large` at a line that is longer than a call's body may be
 */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    const full = lines.filter((line) => line.trim() !== "");
    for (const line of [...full, rest]) if (line.length > MAX_BODY_BYTES) refuseBody(MAX_BODY_BYTES);
    if (full.length > 0) yield full;
  }
  rest += decoder.decode();
  if (rest.trim() !== "") yield [rest];
}
