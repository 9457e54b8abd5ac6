/** Parses operations, whether by HTTP, by RPC or in a batch, and checks the caller's permissions. */
import { z } from "zod";
import type { BucketKey, StepRequest } from "../core/index.ts";
import { BudgetError, forbidden, inputRefusal, isObject } from "../wire/index.ts";
import { withoutAbsent } from "./absent-fields.ts";
import { bindStep, requireOwnBucket, requireUnbound } from "./binding.ts";
import type { Caller, Permissions } from "./caller.ts";
import { parseInput } from "./parse-input.ts";
import { type InputOf, OPERATIONS, type Operation, type OperationName, type OperationSpec } from "./table.ts";

/**
 * Parses an operation, and binds it to its caller.
 *
 * @param permissions undefined for the operator and for other Workers, which can do everything
 * @throws BudgetError if the input is not valid, or the permissions do not allow it
 */
export function parseOperation<K extends OperationName>(
  op: K,
  input: InputOf<K>,
  permissions: Permissions | undefined,
): Operation<K> {
  const spec: OperationSpec = OPERATIONS[op];
  if (permissions && !permissions.scopes.has(spec.scope)) {
    throw forbidden(`this operation needs a token with the scope ${spec.scope}`);
  }
  if (spec.binding === "none") requireUnbound(permissions?.caller);
  const fields = parseFields(spec, input);
  return { op, ...bind(spec, fields, permissions?.caller) } as Operation<K>;
}

/** Checks or completes the fields by the caller's binding. A completed step is validated again. */
function bind(spec: OperationSpec, fields: Fields, caller: Caller | undefined): Fields {
  const { request = {}, bucket } = fields;
  if (spec.binding === "bucket") requireOwnBucket(caller, bucket as BucketKey);
  // The object checks the reservation's user and labels. Model and `detail` follow the same rules as a step's.
  if (spec.binding === "reservation") bindStep(caller, { model: request.model, detail: request.detail });
  if (spec.binding !== "step") return fields;
  const bound = bindStep(caller, request);
  return bound === request ? fields : parseFields(spec, { ...fields, request: bound });
}

function parseFields({ input }: OperationSpec, fields: Readonly<Record<string, unknown>>): Fields {
  const { request, ...others } = fields;
  const given = "request" in fields ? { ...others, request: withoutAbsent(input.shape.request, request) } : fields;
  return parseInput(input, given, Object.keys(input.shape));
}

interface Fields {
  readonly request?: StepRequest;
  readonly bucket?: unknown;
}

/** The most operations in a batch. */
export const MAX_BATCH = 1000;

/** The names of the operations that can be in a batch. */
export const BATCH_OPERATIONS = (Object.keys(OPERATIONS) as OperationName[]).filter((op) => OPERATIONS[op].isBatchable);

/** `POST batch`. Operations are validated one by one, so that each has its own result. */
export const BatchRequest = z
  .strictObject({
    operations: z
      .array(z.unknown(), "takes a list of operations")
      .max(MAX_BATCH, `takes up to ${MAX_BATCH} operations`)
      .describe(`Up to ${MAX_BATCH} operations, each as \`{op, …}\` with the fields of its call. ${describeItems()}`),
  })
  .meta({ id: "BatchRequest", description: "Operations to run in order, in one commit." });

/**
 * Parses one operation of a batch: `{op, …}` with the fields of its call.
 *
 * @throws BudgetError as `parseOperation` does, and if it is not an operation that can be in a batch
 */
export function parseBatchItem(item: unknown, permissions: Permissions | undefined): Operation {
  if (!isObject(item)) throw refused("", "takes an object");
  const { op, ...fields } = item;
  const name = BATCH_OPERATIONS.find((each) => each === op);
  if (name === undefined) throw refused("/op", `takes one of ${BATCH_OPERATIONS.join(", ")}`);
  return parseOperation(name, inputOf(name, fields) as InputOf<typeof name>, permissions);
}

/** Sorts a batch item's fields into those of the operation's input. */
function inputOf(op: OperationName, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(OPERATIONS[op].input.shape);
  const own = ownFields(op);
  const input = Object.fromEntries(own.map((name) => [name, fields[name]]));
  const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => !own.includes(name)));
  if (names.includes("request")) return { ...input, request: rest };
  const { idempotency_key, ...others } = rest;
  const isEdit = names.includes("edit");
  const [other] = Object.keys(isEdit ? others : rest);
  if (other !== undefined) throw refused(`/${other}`, "is not a field of this operation");
  return isEdit ? { ...input, edit: { idempotency_key } } : input;
}

/** The fields of a batch item that are not part of its request. */
function ownFields(op: OperationName): string[] {
  return Object.keys(OPERATIONS[op].input.shape).filter((name) => name !== "request" && name !== "edit");
}

function describeItems(): string {
  const items = BATCH_OPERATIONS.map((op) => {
    const own = ownFields(op).map((name) => `\`${name}\``);
    return own.length === 0 ? `\`${op}\`` : `\`${op}\` (with ${own.join(" and ")})`;
  });
  return `Operations: ${items.join(", ")}.`;
}

function refused(pointer: string, detail: string): BudgetError {
  return new BudgetError(inputRefusal([{ pointer, detail }]));
}
