/** The headers of writes: idempotency keys, and the precondition and author of an edit. */
import type { HonoRequest } from "hono";
import { BudgetError, type Edit, inputRefusal, isObject } from "../wire/index.ts";

/** The header of an idempotency key, for a route's documentation. */
export const IDEMPOTENCY_HEADER = {
  "Idempotency-Key":
    "Makes the call safe to repeat: the same key and body return the first response and have no further effect.",
};

/** The headers that `editOf` reads, for a route's documentation. */
export const EDIT_HEADERS = {
  "If-Match": "The entity tags to which the edit may be applied: 412 if the configuration's current tag is another.",
  From: "Who makes the edit, for the history.",
  ...IDEMPOTENCY_HEADER,
};

/** How much of a `From` header is stored, in UTF-16 units. */
const MAX_AUTHOR_LENGTH = 256;

/** The precondition and the author (`From`, RFC 9110, section 10.1.2) of an edit. */
export function editOf(request: HonoRequest): Edit {
  return {
    ifVersion: versionsIn(request.header("if-match")),
    author: request.header("from")?.slice(0, MAX_AUTHOR_LENGTH) ?? null,
    idempotency_key: keyIn(request),
  };
}

/**
 * Copies the header's key into the body, whose schema validates it.
 *
 * @throws BudgetError `invalid_input` if the body has another key
 */
export function withIdempotencyKey<T>(request: HonoRequest, body: T): T {
  const key = keyIn(request);
  if (key === undefined || !isObject(body)) return body;
  const { idempotency_key: own } = body;
  if ((own ?? key) !== key) {
    const detail = "differs from the Idempotency-Key header";
    throw new BudgetError(inputRefusal([{ pointer: "/idempotency_key", detail }]));
  }
  return { ...body, idempotency_key: key };
}

/** The strong entity tag of a version (RFC 9110, section 8.8.3). */
export function entityTag(version: number): string {
  return `"v${version}"`;
}

/** The key can be quoted (draft-ietf-httpapi-idempotency-key-header). */
function keyIn(request: HonoRequest): string | undefined {
  const header = request.header("idempotency-key");
  return header && (/^"(.*)"$/.exec(header)?.[1] ?? header);
}

/**
 * The versions that match `If-Match` (RFC 9110, section 13.1.1): undefined for any, empty if no version has one of the
 * tags. Weak tags never match.
 */
function versionsIn(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",").flatMap((tag) => {
    const [, version] = /^\s*"v(\d+)"\s*$/.exec(tag) ?? [];
    return version === undefined ? [] : [Number(version)];
  });
}
