import type { TenantBudget } from "../tenant/index.ts";
import { type Answer, BudgetError } from "../wire/index.ts";

const MAX_TRIES = 3;
const FIRST_WAIT_MS = 50;

/** What the platform says of a fault. https://developers.cloudflare.com/durable-objects/best-practices/error-handling */
interface PlatformFault extends Error {
  readonly retryable?: boolean;
  readonly overloaded?: boolean;
  readonly durableObjectReset?: boolean;
}

/** Faults of the platform's that carry no mark: what SQLite, the storage below it or the network threw. */
const UNMARKED = /SQLITE|storage|disk|internal error|network connection lost/i;

/**
 * Asks a tenant's object, and where that is safe tries again when the platform says it may help: each time by a fresh
 * stub, since a fault can leave one broken, and after a wait that doubles, more or less.
 *
 * @param isSafe true where being carried out twice does what being carried out once does
 * @throws BudgetError where the object refuses, `overloaded` or `unavailable` where the platform fails; any other error
 *   is a fault of ours
 */
export async function askObject<T>(
  namespace: DurableObjectNamespace<TenantBudget>,
  tenant: string,
  operation: (object: DurableObjectStub<TenantBudget>) => Promise<Answer<T>>,
  isSafe: boolean,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return unwrap(await operation(namespace.getByName(tenant)));
    } catch (error) {
      const { retryable, overloaded } = error as PlatformFault;
      if (!(isSafe && retryable && !overloaded && tries < MAX_TRIES)) throw toldFault(error);
      await wait(FIRST_WAIT_MS * 2 ** (tries - 1) * (0.5 + Math.random()));
    }
  }
}

function unwrap<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  throw new BudgetError(answer.refusal);
}

function toldFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BudgetError) return error;
  const { retryable, overloaded, durableObjectReset, message } = error as PlatformFault;
  if (overloaded) {
    return new BudgetError(
      { code: "overloaded", detail: "too many calls are waiting for the tenant's object" },
      { cause: error },
    );
  }
  if (retryable || durableObjectReset || UNMARKED.test(message)) {
    return new BudgetError(
      { code: "unavailable", detail: "the tenant's object cannot be reached now" },
      { cause: error },
    );
  }
  return error;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
