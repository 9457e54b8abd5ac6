/** The texts that name things: ids, and idempotency keys. */
import { z } from "zod";

const MAX_BYTES = 256;
const TAKES = `takes text of 1 to ${MAX_BYTES} bytes of UTF-8`;
const NO_DOTS = 'takes any text but "." and "..", which are steps in a path';
const utf8 = new TextEncoder();

const KeyText = z.string(TAKES).refine(isShortText, TAKES);
const IdText = KeyText.refine((id) => id !== "." && id !== "..", NO_DOTS);

/** A key under which a write takes effect once, wherever it is sent: in the header, a body, or a batch's item. */
export const IdempotencyKey = KeyText.meta({
  minLength: 1,
  maxLength: MAX_BYTES,
  description: "The same key and body get the first answer again and have no further effect, for at least 24 hours.",
});

/**
 * A tenant's or a user's id, or any other that a path can name: text of 1 to 256 bytes of UTF-8. Lone surrogates have
 * no UTF-8 and would collide in storage. `.` and `..` are removed from a URL before it is sent (WHATWG URL, section
 * 4.4), percent-encoded or not, so that the rest of the path would name something else.
 */
export const Id = IdText.meta({
  minLength: 1,
  maxLength: MAX_BYTES,
  not: { enum: [".", ".."] },
  description: "Text of 1 to 256 bytes of UTF-8, except `.` and `..`.",
});

function isShortText(text: string): boolean {
  return text.isWellFormed() && text.length > 0 && utf8.encode(text).length <= MAX_BYTES;
}
