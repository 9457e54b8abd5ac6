/** What makes an operation safe to repeat. */
import { OPERATIONS, type Operation } from "./table.ts";

/** The key under which an operation takes effect once. */
export function idempotencyKeyIn(operation: Operation): string | undefined {
  if ("edit" in operation) return operation.edit.idempotency_key;
  return "request" in operation && "idempotency_key" in operation.request
    ? operation.request.idempotency_key
    : undefined;
}

/** True if an operation sent twice has the effect of one sent once. */
export function isRepeatable(operation: Operation): boolean {
  return OPERATIONS[operation.op].isRepeatable || idempotencyKeyIn(operation) !== undefined;
}
