import type { z } from "zod";
import type { BucketKey, BucketName, StepRequest } from "../../core/index.ts";
import {
  AdjustRequest,
  AllowsStepRequest,
  type Caller,
  CommitRequest,
  ConfigPatch,
  ConfigRequest,
  ConsumeRequest,
  type Edit,
  ExtendRequest,
  FreezeRequest,
  NoteRequest,
  type Operation,
  OverrideRequest,
  parseInput,
  ReleaseRequest,
  ReserveRequest,
} from "../../wire/index.ts";
import { bindStep, requireOwnBucket, requireUnbound } from "../access/binding.ts";
import { parseIdempotencyKey } from "../idempotency.ts";
import { parseBucket, parseId } from "../path-ids.ts";

/**
 * Makes of inputs what goes to the tenant's object: validated, and bound to the caller. Each throws `BudgetError` where
 * the input is not valid, or the caller's token is bound to something else.
 */
export const prepare = {
  allowsStep: (caller: Caller | undefined, input: unknown): Operation<"allows_step"> => ({
    op: "allows_step",
    request: parseStep(AllowsStepRequest, caller, input),
  }),

  consume: (caller: Caller | undefined, input: unknown): Operation<"consume"> => ({
    op: "consume",
    request: parseStep(ConsumeRequest, caller, input),
  }),

  reserve: (caller: Caller | undefined, input: unknown): Operation<"reserve"> => ({
    op: "reserve",
    request: parseStep(ReserveRequest, caller, input),
  }),

  commit: (caller: Caller | undefined, id: unknown, input: unknown): Operation<"commit"> => {
    const request = parseInput(CommitRequest, input);
    // Whose reservation it is, the object knows; its answer must not tell more than a step's, nor change the model.
    bindStep(caller, { model: request.model, detail: request.detail });
    return { op: "commit", id: parseId("reservation", id), request };
  },

  release: (id: unknown, input: unknown): Operation<"release"> => ({
    op: "release",
    id: parseId("reservation", id),
    request: parseInput(ReleaseRequest, input),
  }),

  extend: (id: unknown, input: unknown): Operation<"extend"> => ({
    op: "extend",
    id: parseId("reservation", id),
    request: parseInput(ExtendRequest, input),
  }),

  usage: (caller: Caller | undefined, bucket: BucketName): Operation<"usage"> => ({
    op: "usage",
    key: ownBucket(caller, bucket),
  }),

  setLimits: (caller: Caller | undefined, bucket: BucketName, input: unknown, edit: Edit): Operation<"set_limits"> => ({
    op: "set_limits",
    key: ownBucket(caller, bucket),
    request: parseInput(OverrideRequest, input),
    edit: checked(edit),
  }),

  clearLimits: (caller: Caller | undefined, bucket: BucketName, edit: Edit): Operation<"clear_limits"> => ({
    op: "clear_limits",
    key: ownBucket(caller, bucket),
    edit: checked(edit),
  }),

  adjust: (caller: Caller | undefined, bucket: BucketName, input: unknown): Operation<"adjust"> => ({
    op: "adjust",
    key: ownBucket(caller, bucket),
    request: parseInput(AdjustRequest, input),
  }),

  reset: (caller: Caller | undefined, bucket: BucketName, input: unknown): Operation<"reset"> => ({
    op: "reset",
    key: ownBucket(caller, bucket),
    request: parseInput(NoteRequest, input),
  }),

  freeze: (caller: Caller | undefined, bucket: BucketName, input: unknown): Operation<"freeze"> => ({
    op: "freeze",
    key: ownBucket(caller, bucket),
    request: parseInput(FreezeRequest, input),
  }),

  unfreeze: (caller: Caller | undefined, bucket: BucketName, input: unknown): Operation<"unfreeze"> => ({
    op: "unfreeze",
    key: ownBucket(caller, bucket),
    request: parseInput(NoteRequest, input),
  }),

  configure: (caller: Caller | undefined, input: unknown, edit: Edit): Operation<"configure"> => {
    requireUnbound(caller);
    return { op: "configure", config: parseInput(ConfigRequest, input), edit: checked(edit) };
  },

  patchConfig: (caller: Caller | undefined, input: unknown, edit: Edit): Operation<"patch_config"> => {
    requireUnbound(caller);
    return { op: "patch_config", patch: parseInput(ConfigPatch, input), edit: checked(edit) };
  },
};

/** A step, bound to the caller's user and labels. What they add has to be valid too. */
function parseStep<S extends StepRequest>(schema: z.ZodType<S>, caller: Caller | undefined, input: unknown): S {
  const step = parseInput(schema, input);
  const bound = bindStep(caller, step);
  return bound === step ? step : parseInput(schema, bound);
}

/** An edit with a valid key. By RPC it has passed no header. */
function checked(edit: Edit): Edit {
  return { ...edit, idempotency_key: parseIdempotencyKey(edit.idempotency_key) };
}

/** The bucket that is named, where it is one of the caller's own. */
function ownBucket(caller: Caller | undefined, name: BucketName): BucketKey {
  const key = parseBucket(name);
  requireOwnBucket(caller, key);
  return key;
}
