/** Creates tenants that no other test uses, under a clock that tests set. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, vi } from "vitest";
import type { BudgetConfig } from "../../src/core/index.ts";
import type { Caller, Operation, OperationName, OutputOf } from "../../src/operations/index.ts";
import {
  BudgetError,
  type LedgerEntry,
  type LedgerQuery,
  type Refusal,
  type ReservationResponse,
  type ReserveRequest,
} from "../../src/wire/index.ts";
import { TenantOperations } from "../../src/worker/tenant-operations.ts";
import { ORIGINAL_BUDGET, readLedger, type TenantObject, valueIn } from "./object.ts";

/** Far enough ahead that no alarm runs by itself. */
export const START_MS = Date.UTC(2040, 0, 1);
export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A tenant that no other test uses: its operations, validated as for the routes, and its object. */
export class Tenant extends TenantOperations {
  readonly object: TenantObject;

  constructor(namespace = env.TENANT_BUDGET) {
    const id = crypto.randomUUID();
    super(namespace, id);
    this.object = namespace.getByName(id);
  }

  /** Sends the object an operation without validation, on a caller's token. */
  async run<K extends OperationName>(operation: Operation<K>, caller?: Caller): Promise<OutputOf<K>> {
    return valueIn<OutputOf<K>>(await this.object.run(operation, caller));
  }
}

export function newTenant(): Tenant {
  return new Tenant();
}

/** A tenant whose object has the original's rules at the bounds of what is kept. */
export function originalTenant(): Tenant {
  return new Tenant(ORIGINAL_BUDGET);
}

/** A new tenant, after setting the clock. */
export function tenantAt(epochMs: number): Tenant {
  setNow(epochMs);
  return newTenant();
}

/** A new tenant with a configuration, at START_MS. */
export async function configured(config: BudgetConfig = {}): Promise<Tenant> {
  const tenant = tenantAt(START_MS);
  await tenant.configure(config);
  return tenant;
}

/** A new tenant with an open reservation, and the reservation's id. */
export async function reserved(
  request: ReserveRequest,
  config?: BudgetConfig,
): Promise<{ readonly tenant: Tenant; readonly id: string }> {
  const tenant = await configured(config);
  return { tenant, id: (await tenant.reserve(request)).id };
}

/** Lets a file's tests set the clock that objects read. */
export function useSetClock(): void {
  beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterAll(() => void vi.useRealTimers());
}

/** Sets the clock for every object's next operation. */
export function setNow(epochMs: number): void {
  vi.setSystemTime(epochMs);
}

/** Sets the clock and runs the object's alarm; false if none was set. */
export function ring(tenant: Tenant, atMs: number): Promise<boolean> {
  setNow(atMs);
  return runDurableObjectAlarm(tenant.object);
}

/** The refusal of a call, which must be refused. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const value = await call.catch((error: unknown) => {
    if (error instanceof BudgetError) return error;
    throw error;
  });
  if (value instanceof BudgetError) return value.refusal;
  throw new Error(`not refused: ${JSON.stringify(value)}`);
}

/** A tenant's ledger: all of it, or the entries that match the query. */
export function ledgerOf(tenant: Tenant, query: Partial<LedgerQuery> = {}): Promise<LedgerEntry[]> {
  return readLedger((page) => tenant.ledger(page), query);
}

/** A tenant's reservations, up to a thousand of them. */
export async function reservationsOf(tenant: Tenant): Promise<readonly ReservationResponse[]> {
  return (await tenant.reservations({ limit: 1000 })).items;
}
