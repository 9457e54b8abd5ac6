/** Operations on a tenant: their declarations, how they are parsed, and what a caller may do. */
export { requireLabels, requireUnbound } from "./binding.ts";
export { type Caller, isBound, type Permissions } from "./caller.ts";
export { idempotencyKeyIn, isRepeatable } from "./idempotency.ts";
export {
  BATCH_OPERATIONS,
  BatchRequest,
  MAX_BATCH,
  parseBatchItem,
  parseOperation,
} from "./parse.ts";
export { parseInput } from "./parse-input.ts";
export {
  type InputOf,
  OPERATIONS,
  type Operation,
  type OperationName,
  type OperationSpec,
  type OutputOf,
} from "./table.ts";
