import type { HonoRequest } from "hono";
import { BudgetError, inputRefusal } from "../wire/index.ts";

const HEADER = "idempotency-key";

/** The header, for a route's documentation. */
export const IDEMPOTENCY_HEADER = {
  "Idempotency-Key": "Makes the call safe to send again: the same key and body are answered again without effect.",
};

/** The key of a request that has it in its header (draft-ietf-httpapi-idempotency-key-header), which may quote it. */
export function idempotencyKeyOf(request: HonoRequest): string | undefined {
  const header = request.header(HEADER);
  if (header === undefined) return undefined;
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (key.length > 0 && key.length <= 256) return key;
  throw new BudgetError(
    inputRefusal([{ pointer: "/idempotency_key", detail: "takes text of 1 to 256 bytes of UTF-8" }]),
  );
}

/**
 * Puts the header's key into the body, where operations have it.
 *
 * @throws BudgetError `invalid_input` where the body has another
 */
export function withIdempotencyKey<T>(request: HonoRequest, body: T): T {
  const key = idempotencyKeyOf(request);
  if (key === undefined || typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const said = (body as { idempotency_key?: unknown }).idempotency_key;
  if (said !== undefined && said !== key) {
    const detail = "differs from the Idempotency-Key header";
    throw new BudgetError(inputRefusal([{ pointer: "/idempotency_key", detail }]));
  }
  return { ...body, idempotency_key: key };
}
