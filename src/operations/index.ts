/** Operations on a tenant: the table that declares them, and the door through which they come. */
export { requireLabels, requireUnbound } from "./binding.ts";
export { type Caller, isBound } from "./caller.ts";
export { idempotencyKeyIn, isRepeatable } from "./idempotency.ts";
export { type Asker, BATCH_OPERATIONS, BatchRequest, MAX_BATCH, parseBatchItem, parseOperation } from "./parse.ts";
export { parseInput } from "./parse-input.ts";
export {
  type InputOf,
  OPERATIONS,
  type Operation,
  type OperationName,
  type OperationSpec,
  type OutputOf,
} from "./table.ts";
