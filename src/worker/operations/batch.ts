import {
  type Answer,
  BudgetError,
  type Caller,
  inputRefusal,
  type Operation,
  type OperationName,
  type TokenScope,
} from "../../wire/index.ts";
import { forbidden } from "../access/grant.ts";
import { parseIdempotencyKey } from "../idempotency.ts";
import { prepare } from "./prepare.ts";

type Item = Readonly<Record<string, unknown>>;

interface BatchOperation {
  /** What a token has to allow. */
  readonly scope: TokenScope;
  /** Makes the operation of an item without its `op`. */
  readonly prepare: (caller: Caller | undefined, item: Item) => Operation;
}

/** What a batch can be made of. */
const BATCH_OPERATIONS: Readonly<Partial<Record<OperationName, BatchOperation>>> = {
  allows_step: { scope: "check", prepare: prepare.allowsStep },
  consume: { scope: "consume", prepare: prepare.consume },
  reserve: { scope: "reserve", prepare: prepare.reserve },
  commit: { scope: "reserve", prepare: (caller, { id, ...rest }) => prepare.commit(caller, id, rest) },
  release: { scope: "reserve", prepare: (_, { id, ...rest }) => prepare.release(id, rest) },
  extend: { scope: "reserve", prepare: (_, { id, ...rest }) => prepare.extend(id, rest) },
  usage: { scope: "read", prepare: (caller, { bucket, ...rest }) => prepare.usage(caller, nameIn(bucket, rest)) },
  adjust: onBucket(prepare.adjust),
  reset: onBucket(prepare.reset),
  freeze: onBucket(prepare.freeze),
  unfreeze: onBucket(prepare.unfreeze),
  set_limits: {
    scope: "configure",
    prepare: (caller, { bucket, limits, idempotency_key, ...rest }) =>
      prepare.setLimits(caller, nameIn(bucket, rest), limits, {
        idempotency_key: parseIdempotencyKey(idempotency_key),
      }),
  },
  clear_limits: {
    scope: "configure",
    prepare: (caller, { bucket, idempotency_key, ...rest }) =>
      prepare.clearLimits(caller, nameIn(bucket, rest), { idempotency_key: parseIdempotencyKey(idempotency_key) }),
  },
  configure: {
    scope: "configure",
    prepare: (caller, { config, idempotency_key, ...rest }) =>
      prepare.configure(caller, only(config, rest), { idempotency_key: parseIdempotencyKey(idempotency_key) }),
  },
  patch_config: {
    scope: "configure",
    prepare: (caller, { patch, idempotency_key, ...rest }) =>
      prepare.patchConfig(caller, only(patch, rest), { idempotency_key: parseIdempotencyKey(idempotency_key) }),
  },
};

export const BATCH_OPERATION_NAMES = Object.keys(BATCH_OPERATIONS);

/** An operation to be sent, or why it is not. */
export type Prepared = { readonly operation: Operation } | { readonly refusal: Answer<never> };

/** Makes an operation of a batch's item: a refusal is the item's own. */
export function prepareItem(
  caller: Caller | undefined,
  allows: (scope: TokenScope) => boolean,
  item: unknown,
): Prepared {
  try {
    if (typeof item !== "object" || item === null || Array.isArray(item)) throw refused("", "takes an object");
    const { op, ...rest } = item as Item;
    const known = typeof op === "string" && Object.hasOwn(BATCH_OPERATIONS, op);
    const found = known ? BATCH_OPERATIONS[op as OperationName] : undefined;
    if (!found) throw refused("/op", `takes one of ${BATCH_OPERATION_NAMES.join(", ")}`);
    if (!allows(found.scope)) throw forbidden(`this operation needs a token with the scope ${found.scope}`);
    return { operation: found.prepare(caller, rest) };
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return { refusal: { ok: false, refusal: error.refusal } };
  }
}

function onBucket(
  make: (caller: Caller | undefined, bucket: ReturnType<typeof nameIn>, input: unknown) => Operation,
): BatchOperation {
  return { scope: "configure", prepare: (caller, { bucket, ...rest }) => make(caller, nameIn(bucket, {}), rest) };
}

function nameIn(bucket: unknown, rest: Item) {
  only(bucket, rest);
  const isId = (id: unknown) => typeof id === "string" || id === null;
  if (typeof bucket === "object" && bucket !== null && !Array.isArray(bucket)) {
    const { scope, id = null, overflow } = bucket as Item;
    const isName = isId(id) || (Array.isArray(id) && id.every(isId));
    if (typeof scope === "string" && isName && (overflow === undefined || overflow === true)) {
      return { scope, id: id as string | null | string[], ...(overflow === true && { overflow: true as const }) };
    }
  }
  throw refused("/bucket", 'takes a bucket, such as {"scope": "user", "id": "alice"}');
}

/** Takes a value where no other field is left. */
function only(value: unknown, rest: Item): unknown {
  const [field] = Object.keys(rest);
  if (field !== undefined) throw refused(`/${field}`, "is not a field of this operation");
  return value;
}

function refused(pointer: string, detail: string): BudgetError {
  return new BudgetError(inputRefusal([{ pointer, detail }]));
}
