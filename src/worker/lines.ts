import { BudgetError } from "../wire/index.ts";
import { MAX_BODY_BYTES, refuseBody } from "./json-body.ts";

const LINE_FEED = 0x0a;

/**
 * Splits a stream of UTF-8 into lines, those that arrive together at a time. Empty lines are passed over. No more of it
 * is kept than one line may have.
 *
 * @throws BudgetError `body_too_large` at a line of more bytes than a call's body may have, after the lines before it,
 *   and `invalid_json` at what is not UTF-8
 */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const bytes of stream) {
    const { end, isTooLong } = completeLines(bytes, restBytes);
    if (end > 0) {
      const full = linesIn(decodeAll(decoder, [...rest, bytes.subarray(0, end)]));
      rest = [];
      restBytes = 0;
      if (full.length > 0) yield full;
    }
    if (isTooLong) refuseBody(MAX_BODY_BYTES);
    // A copy, so that what is kept does not keep all of a large chunk.
    if (end < bytes.length) rest.push(bytes.slice(end));
    restBytes += bytes.length - end;
  }
  const last = linesIn(decodeAll(decoder, rest) + decode(decoder));
  if (last.length > 0) yield last;
}

/** Finds where the last line that is complete and short enough ends, and whether one after it is too long. */
function completeLines(bytes: Uint8Array, restBytes: number): { readonly end: number; readonly isTooLong: boolean } {
  let end = 0;
  let kept = restBytes;
  for (;;) {
    const feed = bytes.indexOf(LINE_FEED, end);
    const length = kept + (feed === -1 ? bytes.length : feed) - end;
    if (length > MAX_BODY_BYTES) return { end, isTooLong: true };
    if (feed === -1) return { end, isTooLong: false };
    end = feed + 1;
    kept = 0;
  }
}

function linesIn(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

function decodeAll(decoder: TextDecoder, parts: readonly Uint8Array[]): string {
  return parts.map((part) => decode(decoder, part)).join("");
}

/** Decodes a part of the stream; none is its end. */
function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (cause) {
    throw new BudgetError({ code: "invalid_json", detail: "the body is not UTF-8" }, { cause });
  }
}
