/** Idempotency keys: a request repeated under its key gets the first answer and has no further effect. */
import { stringify } from "safe-stable-stringify";
import { type Caller, idempotencyKeyIn, type Operation } from "../../operations/index.ts";
import { BudgetError } from "../../wire/index.ts";
import type { Tenant } from "../tenant.ts";

/** A request under an idempotency key. */
interface Keyed {
  readonly key: string;
  readonly storedKey: string;
  readonly identity: string;
  /** The first token in the chain that the caller's token was minted with; empty for the operator. */
  readonly sender: string;
}

/**
 * Runs an operation, or returns its first answer if it ran before under its idempotency key. Refusals are not stored:
 * they had no effect, and the same request can succeed later.
 */
export function runOnce<T>(
  tenant: Tenant,
  operation: Operation,
  caller: Caller | undefined,
  nowMs: number,
  run: () => T,
): T {
  const key = idempotencyKeyIn(operation);
  if (key === undefined) return run();
  const sender = caller?.ancestors?.[0] ?? caller?.jti ?? "";
  const storedKey = tenant.replays.keyOf(key, caller);
  return runKeyed(tenant, { key, storedKey, identity: identityOf(operation, caller), sender }, nowMs, run);
}

function runKeyed<T>(tenant: Tenant, request: Keyed, nowMs: number, run: () => T): T {
  const { key, storedKey, identity, sender } = request;
  const { replays } = tenant;
  const known = replays.get(storedKey, nowMs);
  if (!known) {
    const answer = run();
    replays.put(storedKey, { request: identity, sender, answer }, nowMs);
    return answer;
  }
  if (!replays.isSame(known, identity)) {
    // Nobody can block another sender's report by using its key first.
    if (known.sender !== undefined && known.sender !== sender) {
      return runKeyed(tenant, { ...request, storedKey: replays.keyOfSender(storedKey, sender) }, nowMs, run);
    }
    const detail = `the idempotency key "${key}" was used for another request; use a new key for each request`;
    throw new BudgetError({ code: "idempotency_mismatch", detail });
  }
  return { ...(tenant.erasure.answerAfter(known) as T), replayed: true };
}

/** Fields that have another name in stored requests, so that retries of requests stored by older versions match. */
const STORED_NAMES: Readonly<Record<string, string>> = { bucket: "key", limits: "request" };

/** Canonical JSON of a request. `detail` is left out: it changes the answer, not the effect. */
function identityOf(operation: Operation, caller: Caller | undefined): string {
  const fields = Object.entries(operation).map(([name, value]) => [STORED_NAMES[name] ?? name, value] as const);
  const { request, ...others } = Object.fromEntries(fields);
  const stored = request ? { ...others, request: { ...request, detail: undefined } } : others;
  return stringify([stored, caller?.user]) ?? "";
}
