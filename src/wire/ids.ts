import { z } from "zod";

const MAX_ID_BYTES = 256;
const TAKES = `takes text of 1 to ${MAX_ID_BYTES} bytes of UTF-8`;
const utf8 = new TextEncoder();

/**
 * A tenant's or a user's id: any text of 1 to 256 bytes of UTF-8. Lone surrogates have no UTF-8 and would
 * collide in storage, so they are refused.
 */
export const Id = z.string(TAKES).refine(isId, TAKES);

function isId(id: string): boolean {
  return id.isWellFormed() && id.length > 0 && utf8.encode(id).length <= MAX_ID_BYTES;
}
