import { idempotencyKeyIn, type Operation, type OperationName } from "../../wire/index.ts";

const READS: ReadonlySet<OperationName> = new Set<OperationName>([
  "allows_step",
  "reservation",
  "reservations",
  "usage",
  "config",
  "config_history",
  "ledger",
  "audit",
  "admit",
]);

/** True where carrying an operation out twice does what carrying it out once does. */
export function isRepeatable(operation: Operation): boolean {
  return READS.has(operation.op) || operation.op === "revoke_token" || idempotencyKeyIn(operation) !== undefined;
}
