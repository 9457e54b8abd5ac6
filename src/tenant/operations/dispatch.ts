/** Runs operations: each by its handler, after the background work that it waits for. */
import { SumError, UnknownModelError } from "../../core/index.ts";
import type { Caller, Operation, OperationName, OutputOf } from "../../operations/index.ts";
import { type Answer, BudgetError, type ProblemCode } from "../../wire/index.ts";
import { InvalidConfigError } from "../store/config-store.ts";
import type { Tenant } from "../tenant.ts";
import { BUCKET_HANDLERS } from "./buckets.ts";
import { CONFIG_HANDLERS } from "./config.ts";
import type { Handler, Handlers } from "./handler.ts";
import { runOnce } from "./idempotency.ts";
import { LEDGER_HANDLERS } from "./ledger.ts";
import { PRIVACY_HANDLERS } from "./privacy.ts";
import { RESERVATION_HANDLERS } from "./reservations.ts";
import { STEP_HANDLERS } from "./steps.ts";
import { requireUnrevoked, TOKEN_HANDLERS } from "./tokens.ts";

/** Every operation has one; the compiler asks for those that are missing. */
const HANDLERS: Required<Handlers> = {
  ...STEP_HANDLERS,
  ...RESERVATION_HANDLERS,
  ...BUCKET_HANDLERS,
  ...CONFIG_HANDLERS,
  ...LEDGER_HANDLERS,
  ...TOKEN_HANDLERS,
  ...PRIVACY_HANDLERS,
};

/**
 * Runs one operation, after due expiries. A refusal is an answer.
 *
 * @param caller the token that the call was made with; undefined for the operator and for other Workers
 * @returns undefined if the operation has to run again, after work that takes more than one commit
 */
export function dispatch<K extends OperationName>(
  tenant: Tenant,
  operation: Operation<K>,
  caller: Caller | undefined,
  nowMs: number,
): Answer<OutputOf<K>> | undefined {
  const { run, after } = HANDLERS[operation.op] as Handler<OperationName> as Handler<K>;
  tenant.buckets.shrinkCache();
  tenant.engine.tenant(nowMs);
  const hasRecordedAll = tenant.expiries.recordDue(nowMs);
  if (!hasRecordedAll && (after === "expiries" || after === "both")) return undefined;
  if ((after === "erasure" || after === "both") && !tenant.erasure.advance(nowMs)) return undefined;
  try {
    requireUnrevoked(tenant, caller);
    const value = runOnce(tenant, operation, caller, nowMs, () => run(tenant, operation, nowMs, caller));
    return { ok: true, value: value as OutputOf<K> };
  } catch (error) {
    if (error instanceof BudgetError) return { ok: false, refusal: error.refusal };
    if (error instanceof SumError) return refuse("sum_out_of_range", `this ${error.message}`);
    if (error instanceof InvalidConfigError) {
      return refuse("invalid_config", `the stored configuration is not valid: ${error.message}`);
    }
    if (error instanceof UnknownModelError) return refuse("unknown_model", error.message);
    throw error;
  }
}

function refuse(code: ProblemCode, detail: string): Answer<never> {
  return { ok: false, refusal: { code, detail } };
}
