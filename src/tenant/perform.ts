import { stringify } from "safe-stable-stringify";
import { SumError, TENANT_KEY, UnknownModelError } from "../core/index.ts";
import {
  type Answer,
  type AnswerOf,
  BudgetError,
  type Operation,
  type OperationName,
  type ProblemCode,
} from "../wire/index.ts";
import { audit } from "./audit.ts";
import * as governing from "./governing.ts";
import * as reserving from "./reserving.ts";
import * as spending from "./spending.ts";
import type { TenantStores } from "./tenant-stores.ts";

type Handlers = {
  readonly [K in OperationName]: (tenant: TenantStores, operation: Operation<K>, nowMs: number) => AnswerOf<K>;
};

/** Who carries out which operation. A handler refuses before it changes anything. */
const HANDLERS: Handlers = {
  allows_step: spending.allowsStep,
  consume: spending.consume,
  reserve: reserving.reserve,
  commit: reserving.commit,
  release: reserving.release,
  extend: reserving.extend,
  reservation: reserving.reservation,
  reservations: reserving.reservations,
  usage: governing.usage,
  set_limits: governing.setLimits,
  clear_limits: governing.clearLimits,
  adjust: governing.adjust,
  reset: governing.reset,
  freeze: governing.freeze,
  unfreeze: governing.unfreeze,
  config: governing.config,
  configure: governing.configure,
  patch_config: governing.patchConfig,
  config_history: governing.configHistory,
  ledger: (tenant, { query }) => tenant.ledger.page(query),
  audit: (tenant, _, nowMs) => audit(tenant.accounts.tenant(nowMs), tenant.buckets, tenant.sums),
};

/** Carries out one operation: what is over ends first, and a refusal is an answer. */
export function perform<K extends OperationName>(
  tenant: TenantStores,
  operation: Operation<K>,
  nowMs: number,
): Answer<AnswerOf<K>> {
  tenant.accounts.open(tenant.policy, TENANT_KEY, nowMs);
  tenant.holds.load();
  reserving.expireHolds(tenant, nowMs);
  const handle = HANDLERS[operation.op] as Handlers[K];
  try {
    const key = idempotencyKeyOf(operation);
    const value = key === undefined ? handle(tenant, operation, nowMs) : once(tenant, key, operation, handle, nowMs);
    return { ok: true, value };
  } catch (error) {
    if (error instanceof BudgetError) return { ok: false, refusal: error.refusal };
    if (error instanceof SumError) return refuse("sum_out_of_range", `this ${error.message}`);
    if (error instanceof UnknownModelError) return refuse("unknown_model", error.message);
    throw error;
  }
}

/**
 * Carries out an operation under its idempotency key, unless it was before: then answers as it was answered then. A
 * refusal is not kept, for it had no effect, and the same request can be granted later.
 */
function once<K extends OperationName>(
  tenant: TenantStores,
  key: string,
  operation: Operation<K>,
  handle: Handlers[K],
  nowMs: number,
): AnswerOf<K> {
  const request = stringify(operation) ?? "";
  const known = tenant.replays.get(key, nowMs);
  if (!known) {
    const answer = handle(tenant, operation, nowMs);
    tenant.replays.put(key, { request, answer }, nowMs);
    return answer;
  }
  if (known.request !== request) {
    const detail = `the idempotency key "${key}" was used for another request; a new request takes a key of its own`;
    throw new BudgetError({ code: "idempotency_mismatch", detail });
  }
  return { ...(known.answer as AnswerOf<K>), replayed: true };
}

function idempotencyKeyOf(operation: Operation): string | undefined {
  if ("edit" in operation) return operation.edit.idempotency_key;
  return "request" in operation && "idempotency_key" in operation.request
    ? operation.request.idempotency_key
    : undefined;
}

function refuse(code: ProblemCode, detail: string): Answer<never> {
  return { ok: false, refusal: { code, detail } };
}
