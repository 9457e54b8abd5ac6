/** A tenant's object without the validation in front of it. */
import { env } from "cloudflare:workers";
import type { TenantBudget } from "../../src/index.ts";
import { type Answer, BudgetError, type LedgerEntry, type LedgerQuery, type Page } from "../../src/wire/index.ts";

export type TenantObject = DurableObjectStub<TenantBudget>;

/** Objects with the original's rules at the bounds of what is kept. */
export const { ORIGINAL_BUDGET } = env as unknown as { ORIGINAL_BUDGET: DurableObjectNamespace<TenantBudget> };

/** The object of a tenant that no other test uses. */
export function newObject(namespace = env.TENANT_BUDGET): TenantObject {
  return namespace.getByName(crypto.randomUUID());
}

export function originalObject(): TenantObject {
  return newObject(ORIGINAL_BUDGET);
}

/** The value of an answer, which must not be a refusal. */
export function valueIn<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new BudgetError(answer.refusal);
  return answer.value;
}

/** Every entry of a ledger that matches a query, page by page. */
export async function readLedger(
  read: (query: LedgerQuery) => Promise<Page<LedgerEntry>>,
  query: Partial<LedgerQuery>,
): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page = await read({ limit: 1000, ...query, after });
    entries.push(...page.items);
    after = page.next;
  }
  return entries;
}

/** An object's ledger: all of it, or the entries that match the query. */
export function ledgerOf(object: TenantObject, query: Partial<LedgerQuery> = {}): Promise<LedgerEntry[]> {
  return readLedger(async (page) => valueIn(await object.run({ op: "ledger", query: page })), query);
}
