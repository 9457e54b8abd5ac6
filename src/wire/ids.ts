/** Ids and idempotency keys. */
import { z } from "zod";

const MAX_BYTES = 256;
const TAKES = `takes text of 1 to ${MAX_BYTES} bytes of UTF-8`;
const NO_DOTS = 'cannot be "." or "..", which a URL\'s path cannot carry';
const utf8 = new TextEncoder();

const KeyText = z.string(TAKES).refine(isShortText, TAKES);
const IdText = KeyText.refine((id) => id !== "." && id !== "..", NO_DOTS);

/** An idempotency key, in a header, a body or an item of a batch. */
export const IdempotencyKey = KeyText.meta({
  minLength: 1,
  maxLength: MAX_BYTES,
  description: "The same key and body get the first answer again and have no further effect, for at least 24 hours.",
});

/**
 * An id that can be in a path, such as a tenant's or a user's. Lone surrogates cannot be encoded in UTF-8 and would
 * collide in storage. Clients remove `.` and `..` from a URL's path, percent-encoded or not (WHATWG URL, section 4.4),
 * so that the rest of the path would name something else.
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
