import { idempotencyKeyIn, isRead, type Operation } from "../../wire/index.ts";

/** True where carrying an operation out twice does what carrying it out once does. */
export function isRepeatable(operation: Operation): boolean {
  return isRead(operation) || operation.op === "revoke_token" || idempotencyKeyIn(operation) !== undefined;
}
