import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, vi } from "vitest";
import type { TenantBudget } from "../../src/index.ts";
import type {
  Answer,
  AuditResponse,
  LedgerEntry,
  LedgerQuery,
  Operation,
  Refusal,
  ReservationResponse,
} from "../../src/wire/index.ts";

export type Tenant = DurableObjectStub<TenantBudget>;

/** Far enough ahead that no alarm goes off by itself. */
export const START_MS = Date.UTC(2040, 0, 1);
export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A tenant that no other test knows. */
export function newTenant(): Tenant {
  return env.TENANT_BUDGET.getByName(crypto.randomUUID());
}

/** A tenant whose object has the original's rules at the bounds of what is kept. */
export function originalTenant(): Tenant {
  return (env as unknown as { ORIGINAL_BUDGET: DurableObjectNamespace<TenantBudget> }).ORIGINAL_BUDGET.getByName(
    crypto.randomUUID(),
  );
}

/** Such a tenant, and the time that it reads. */
export function tenantAt(epochMs: number): Tenant {
  setNow(epochMs);
  return newTenant();
}

/** Such a tenant under a configuration, from the start on. */
export async function configured(config: Parameters<Tenant["configure"]>[0] = {}): Promise<Tenant> {
  const tenant = tenantAt(START_MS);
  valueIn(await tenant.configure(config));
  return tenant;
}

/** Such a tenant with a reservation, and the reservation's id. */
export async function reserved(
  request: Parameters<Tenant["reserve"]>[0],
  config?: Parameters<Tenant["configure"]>[0],
): Promise<{ readonly tenant: Tenant; readonly id: string }> {
  const tenant = await configured(config);
  return { tenant, id: valueIn(await tenant.reserve(request)).id };
}

/** Lets a file's tests set the time that objects read. */
export function useSetClock(): void {
  beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterAll(() => void vi.useRealTimers());
}

/** Sets the time that every object's next operation reads. */
export function setNow(epochMs: number): void {
  vi.setSystemTime(epochMs);
}

/** Sets the time, and has the object's alarm go off; false where none was set. */
export function ring(tenant: Tenant, atMs: number): Promise<boolean> {
  setNow(atMs);
  return runDurableObjectAlarm(tenant);
}

/** What an object answered, which must not be a refusal. */
export function valueIn<T>(answer: { ok: true; value: T } | { ok: false; refusal: object }): T {
  if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer.refusal)}`);
  return answer.value;
}

/** Why an object refused, which it must have. */
export function refusalIn(answer: { ok: true; value: unknown } | { ok: false; refusal: Refusal }): Refusal {
  if (answer.ok) throw new Error(`not refused: ${JSON.stringify(answer.value)}`);
  return answer.refusal;
}

/** A tenant's ledger, all of it or what fits the query. */
export async function ledgerOf(tenant: Tenant, query: Partial<LedgerQuery> = {}): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: { items: readonly LedgerEntry[]; next: number | null } = valueIn(
      await tenant.ledger({ limit: 1000, ...query, after }),
    );
    entries.push(...page.items);
    after = page.next;
  }
  return entries;
}

/** A tenant's reservations, up to a thousand of them. */
export async function reservationsOf(tenant: Tenant): Promise<readonly ReservationResponse[]> {
  return valueIn(await tenant.reservations({ after: "", limit: 1000 })).items;
}

/** Sends operations as one batch. The platform's types lose what such a list of answers is. */
export function batchOf(tenant: Tenant, operations: readonly Operation[]): Promise<Answer<unknown>[]> {
  return tenant.batch(operations) as Promise<Answer<unknown>[]>;
}

/** What an audit finds. */
export async function auditOf(tenant: Tenant): Promise<AuditResponse> {
  return valueIn(await tenant.audit());
}
