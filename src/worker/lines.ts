/** Splits a stream into lines. */
import { BudgetError } from "../wire/index.ts";
import { MAX_BODY_BYTES, refuseBody } from "./json-body.ts";

const LINE_FEED = 0x0a;

/**
 * Splits a stream of UTF-8 into lines, and yields together those that arrive together. Skips empty lines. Buffers at
 * most one line of the largest size.
 *
 * @throws BudgetError `body_too_large` if a line is larger than the body of one call, after yielding the lines before
 *   it; `invalid_json` if the stream is not UTF-8
 */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const bytes of stream) {
    const { end, isTooLong } = completeLines(bytes, restBytes);
    if (end > 0) {
      const lines = linesIn(decodeAll(decoder, [...rest, bytes.subarray(0, end)]));
      rest = [];
      restBytes = 0;
      if (lines.length > 0) yield lines;
    }
    if (isTooLong) refuseBody(MAX_BODY_BYTES);
    // A copy: a view would keep the whole chunk in memory.
    if (end < bytes.length) rest.push(bytes.slice(end));
    restBytes += bytes.length - end;
  }
  const last = linesIn(decodeAll(decoder, rest) + decode(decoder));
  if (last.length > 0) yield last;
}

/** Finds the end of the last complete line of valid size, and whether the line after it is too long. */
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

/** Decodes a part of the stream, or without one its end. */
function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (cause) {
    throw new BudgetError({ code: "invalid_json", detail: "the body is not UTF-8" }, { cause });
  }
}
