/** The handler of each operation, and the background work that it waits for. */
import { SumError, UnknownModelError } from "../../core/index.ts";
import type { Caller, Operation, OperationName, OutputOf } from "../../operations/index.ts";
import { type Answer, BudgetError, type ProblemCode } from "../../wire/index.ts";
import { InvalidConfigError } from "../store/config-store.ts";
import type { Tenant } from "../tenant.ts";
import { audit } from "./audit.ts";
import * as buckets from "./buckets.ts";
import * as config from "./config.ts";
import { runOnce } from "./idempotency.ts";
import * as privacy from "./privacy.ts";
import * as reservations from "./reservations.ts";
import * as reserving from "./reserving.ts";
import * as settling from "./settling.ts";
import * as steps from "./steps.ts";
import * as tokens from "./tokens.ts";

interface Handler<K extends OperationName> {
  /** Runs the operation. It must refuse before it changes anything but the ledger. */
  readonly run: (
    tenant: Tenant,
    operation: Operation<K>,
    nowMs: number,
    caller: Caller | undefined,
  ) => Written<OutputOf<K>>;
  /**
   * The work to finish first. `expiries`: record every due expiry, because the operation lists reservations or changes
   * the totals or windows that expiries charge. `erasure`: finish the erasure in progress, because the operation could
   * read the erased user's id, or starts another one.
   */
  readonly after?: "expiries" | "erasure" | "both";
}

/** A response without `replayed`, which `runOnce` adds. */
type Written<T> = T extends { readonly replayed?: unknown } ? Omit<T, "replayed"> : T;

const HANDLERS: { readonly [K in OperationName]: Handler<K> } = {
  allows_step: { run: steps.allowsStep },
  consume: { run: steps.consume },
  reserve: { run: reserving.reserve },
  commit: { run: settling.commit },
  release: { run: settling.release },
  extend: { run: reserving.extend },
  reservation: { run: reservations.reservation },
  reservations: { run: reservations.reservations, after: "both" },
  usage: { run: buckets.usage },
  set_limits: { run: buckets.setLimits, after: "expiries" },
  clear_limits: { run: buckets.clearLimits, after: "expiries" },
  adjust: { run: buckets.adjust, after: "expiries" },
  reset: { run: buckets.reset, after: "expiries" },
  freeze: { run: buckets.freeze },
  unfreeze: { run: buckets.unfreeze },
  config: { run: config.config },
  configure: { run: config.configure, after: "expiries" },
  patch_config: { run: config.patchConfig, after: "expiries" },
  config_history: { run: config.configHistory },
  ledger: { run: (tenant, { query }) => tenant.ledger.page(query), after: "erasure" },
  audit: { run: audit, after: "erasure" },
  erase_user: { run: privacy.eraseUser, after: "both" },
  erase_tenant: { run: privacy.eraseTenant },
  export: { run: (tenant, { query }) => tenant.dump(query.after), after: "erasure" },
  mint_token: { run: tokens.mintToken },
  revoke_token: { run: tokens.revokeToken },
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
    tokens.requireUnrevoked(tenant, caller);
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
