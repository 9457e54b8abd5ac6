import { stringify } from "safe-stable-stringify";
import { SumError, UnknownModelError } from "../../core/index.ts";
import {
  type Answer,
  type AnswerOf,
  BudgetError,
  type Caller,
  idempotencyKeyIn,
  type Operation,
  type OperationName,
  type ProblemCode,
} from "../../wire/index.ts";
import { InvalidConfigError } from "../store/config-store.ts";
import type { Tenant } from "../tenant.ts";
import { audit } from "./audit.ts";
import * as governing from "./buckets.ts";
import { eraseUser } from "./privacy.ts";
import * as reserving from "./reservations.ts";
import * as spending from "./steps.ts";
import { mintToken, requireUnrevoked, revokeToken } from "./tokens.ts";

type Handlers = {
  readonly [K in OperationName]: (
    tenant: Tenant,
    operation: Operation<K>,
    nowMs: number,
    caller: Caller | undefined,
  ) => AnswerOf<K>;
};

/** Who carries out which operation. A handler refuses before it changes anything but the ledger. */
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
  audit: (tenant, _, nowMs) => audit(tenant.engine.tenant(nowMs), tenant.buckets, tenant.sums),
  admit: () => null,
  mint_token: mintToken,
  revoke_token: revokeToken,
  erase_user: eraseUser,
  export: (tenant, { after }) => tenant.dump(after),
  erase_tenant: (tenant) => {
    tenant.empty();
    return { erased: true };
  },
};

/**
 * What has to wait until every reservation that has expired is recorded as such: what changes totals or windows that
 * their charges belong into, and what lists them.
 */
const NEEDS_ALL_EXPIRED: ReadonlySet<OperationName> = new Set<OperationName>([
  "reservations",
  "set_limits",
  "clear_limits",
  "adjust",
  "reset",
  "configure",
  "patch_config",
  "erase_user",
]);

/** What has to wait until an erasure is done: what reads all that still has the erased person's id, and the next one. */
const NEEDS_ERASED: ReadonlySet<OperationName> = new Set<OperationName>([
  "reservations",
  "ledger",
  "audit",
  "export",
  "erase_user",
]);

/**
 * Runs one operation, after what has expired by then. A refusal is an answer.
 *
 * @param caller on whose token it is; undefined for who may do everything
 * @returns undefined if nothing was done, since more has expired than one commit records, or an erasure is under way: it is to be run again
 */
export function perform<K extends OperationName>(
  tenant: Tenant,
  operation: Operation<K>,
  caller: Caller | undefined,
  nowMs: number,
): Answer<AnswerOf<K>> | undefined {
  tenant.buckets.relieve();
  tenant.engine.tenant(nowMs);
  const isUpToDate = tenant.expiries.pass(nowMs);
  if (!isUpToDate && NEEDS_ALL_EXPIRED.has(operation.op)) return undefined;
  if (NEEDS_ERASED.has(operation.op) && !tenant.erasure.advance(nowMs)) return undefined;
  try {
    requireUnrevoked(tenant, caller);
    const handle = HANDLERS[operation.op] as Handlers[K];
    const carryOut = () => handle(tenant, operation, nowMs, caller);
    const key = idempotencyKeyIn(operation);
    if (key === undefined) return { ok: true, value: carryOut() };
    const sender = caller?.ancestors?.[0] ?? caller?.jti ?? "";
    const storedKey = tenant.replays.keyOf(key, caller);
    const request = { key, storedKey, identity: identityOf(operation, caller), sender };
    return { ok: true, value: once(tenant, request, carryOut, nowMs) };
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

/**
 * Carries out a request under its idempotency key, unless it was before: then answers as it was answered then. A
 * refusal is not kept, for it had no effect, and the same request can be granted later.
 */
function once<T>(tenant: Tenant, request: Keyed, carryOut: () => T, nowMs: number): T {
  const { key, storedKey, identity, sender } = request;
  const { replays } = tenant;
  const known = replays.get(storedKey, nowMs);
  if (!known) {
    const answer = carryOut();
    replays.put(storedKey, { request: identity, sender, answer }, nowMs);
    return answer;
  }
  if (!replays.isSame(known, identity)) {
    if (known.sender !== undefined && known.sender !== sender) {
      return once(tenant, { ...request, storedKey: replays.keyBeside(storedKey, sender) }, carryOut, nowMs);
    }
    const detail = `the idempotency key "${key}" was used for another request; a new request takes a key of its own`;
    throw new BudgetError({ code: "idempotency_mismatch", detail });
  }
  return { ...(tenant.erasure.answerAfter(known) as T), replayed: true };
}

/** A request under an idempotency key. */
interface Keyed {
  readonly key: string;
  readonly storedKey: string;
  readonly identity: string;
  /** The first token of the line that the caller's comes from; nothing for the operator. */
  readonly sender: string;
}

/** What makes two requests the same: how much of the answer is asked for is no part of it. */
function identityOf(operation: Operation, caller: Caller | undefined): string {
  const { request } = operation as { request?: object };
  return (
    stringify([request ? { ...operation, request: { ...request, detail: undefined } } : operation, caller?.user]) ?? ""
  );
}

function refuse(code: ProblemCode, detail: string): Answer<never> {
  return { ok: false, refusal: { code, detail } };
}
