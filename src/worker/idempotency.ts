import type { HonoRequest } from "hono";
import { BudgetError, IdempotencyKey, inputRefusal } from "../wire/index.ts";

const HEADER = "idempotency-key";

/** The header, for a route's documentation. */
export const IDEMPOTENCY_HEADER = {
  "Idempotency-Key": "Makes the call safe to send again: the same key and body are answered again without effect.",
};

/** The key of a request that has it in its header (draft-ietf-httpapi-idempotency-key-header), which may quote it. */
export function idempotencyKeyOf(request: HonoRequest): string | undefined {
  const header = request.header(HEADER);
  return parseIdempotencyKey(header && (/^"(.*)"$/.exec(header)?.[1] ?? header));
}

/**
 * Checks a key that comes beside an operation's body.
 *
 * @throws BudgetError `invalid_input` unless it is absent or a key
 */
export function parseIdempotencyKey(key: unknown): string | undefined {
  const { data, error } = IdempotencyKey.optional().safeParse(key);
  if (!error) return data;
  throw new BudgetError(inputRefusal([{ pointer: "/idempotency_key", detail: error.issues[0]?.message ?? "" }]));
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
