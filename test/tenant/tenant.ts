import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { TenantBudget } from "../../src/index.ts";

/** A tenant that no other test knows. */
export function newTenant(): DurableObjectStub<TenantBudget> {
  return env.TENANT_BUDGET.getByName(crypto.randomUUID());
}

/** Sets the time that every object's next operation reads. */
export function setNow(epochMs: number): void {
  vi.setSystemTime(epochMs);
}

/** What an object answered, which must not be a refusal. */
export function valueIn<T>(answer: { ok: true; value: T } | { ok: false; refusal: object }): T {
  if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer.refusal)}`);
  return answer.value;
}
