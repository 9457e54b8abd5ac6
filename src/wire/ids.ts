import { z } from "zod";

const MAX_BYTES = 256;
const TAKES = `takes text of 1 to ${MAX_BYTES} bytes of UTF-8`;
const NO_DOTS = 'takes any text but "." and "..", which are steps in a path';
const utf8 = new TextEncoder();

/** A key under which a write takes effect once, wherever it is sent: in the header, a body, or a batch's item. */
export const IdempotencyKey = z.string(TAKES).refine(isShortText, TAKES);

/**
 * A tenant's or a user's id, or any other that a path can name: text of 1 to 256 bytes of UTF-8. Lone surrogates have
 * no UTF-8 and would collide in storage. `.` and `..` are removed from a URL before it is sent (WHATWG URL, section
 * 4.4), percent-encoded or not, so that the rest of the path would name something else.
 */
export const Id = IdempotencyKey.refine((id) => id !== "." && id !== "..", NO_DOTS);

function isShortText(text: string): boolean {
  return text.isWellFormed() && text.length > 0 && utf8.encode(text).length <= MAX_BYTES;
}
