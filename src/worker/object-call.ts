/** Calls to a tenant's object: retries, and the platform's faults as problems. */
import type { TenantBudget } from "../tenant/index.ts";
import { type Answer, BudgetError } from "../wire/index.ts";

const MAX_TRIES = 3;
const FIRST_WAIT_MS = 50;

/** What the platform adds to a fault. https://developers.cloudflare.com/durable-objects/best-practices/error-handling */
interface PlatformFault extends Error {
  readonly retryable?: boolean;
  readonly overloaded?: boolean;
  readonly durableObjectReset?: boolean;
}

/** Faults of the platform without any of these properties: thrown by SQLite, its storage or the network. */
const PLATFORM_MESSAGE = /SQLITE|storage|disk|internal error|network connection lost/i;

/**
 * Calls a tenant's object. Retries a repeatable operation if the platform marks its fault as retryable: with a new stub,
 * because a fault can break the old one, and after an exponential backoff with jitter.
 *
 * @param isRepeatable true if the operation has the same effect when it is carried out twice
 * @throws BudgetError if the object refuses; `overloaded` or `unavailable` if the platform fails. Any other error is a
 *   fault of this service
 */
export async function callObject<T>(
  namespace: DurableObjectNamespace<TenantBudget>,
  tenant: string,
  operation: (object: DurableObjectStub<TenantBudget>) => Promise<Answer<T>>,
  isRepeatable: boolean,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return unwrap(await operation(namespace.getByName(tenant)));
    } catch (error) {
      const { retryable, overloaded } = error as PlatformFault;
      if (!(isRepeatable && retryable && !overloaded && tries < MAX_TRIES)) throw toBudgetError(error);
      await wait(FIRST_WAIT_MS * 2 ** (tries - 1) * (0.5 + Math.random()));
    }
  }
}

function unwrap<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  throw new BudgetError(answer.refusal);
}

function toBudgetError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BudgetError) return error;
  const { retryable, overloaded, durableObjectReset, message } = error as PlatformFault;
  if (overloaded) {
    return new BudgetError(
      { code: "overloaded", detail: "too many calls are waiting for the tenant's object" },
      { cause: error },
    );
  }
  if (retryable || durableObjectReset || PLATFORM_MESSAGE.test(message)) {
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
