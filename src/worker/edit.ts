import type { HonoRequest } from "hono";
import type { Edit } from "../wire/index.ts";
import { parseIfMatch } from "./entity-tag.ts";
import { IDEMPOTENCY_HEADER, idempotencyKeyOf } from "./idempotency.ts";

/** The headers that `editOf` reads, for a route's documentation. */
export const EDIT_HEADERS = {
  "If-Match": "The entity tags that the edit is good for: 412 where the configuration has another by now.",
  From: "Who makes the edit, for the history.",
  ...IDEMPOTENCY_HEADER,
};

/** What guards an edit of the configuration, and whom its `From` names (RFC 9110, section 10.1.2). */
export function editOf(request: HonoRequest): Edit {
  return {
    ifVersion: parseIfMatch(request.header("if-match")),
    author: request.header("from")?.slice(0, 256) ?? null,
    idempotency_key: idempotencyKeyOf(request),
  };
}
