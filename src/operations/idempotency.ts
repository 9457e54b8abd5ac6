/** Which operations are safe to repeat. */
import { OPERATIONS, type Operation } from "./table.ts";

export function idempotencyKeyIn(operation: Operation): string | undefined {
  if ("edit" in operation) return operation.edit.idempotency_key;
  return "request" in operation && "idempotency_key" in operation.request
    ? operation.request.idempotency_key
    : undefined;
}

/** True if an operation that is sent twice has the same effect as one that is sent once. */
export function isRepeatable(operation: Operation): boolean {
  return OPERATIONS[operation.op].isRepeatable || idempotencyKeyIn(operation) !== undefined;
}
