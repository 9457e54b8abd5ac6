/** What a handler is: it runs an operation on a tenant. */
import type { Caller, Operation, OperationName, OutputOf } from "../../operations/index.ts";
import type { Tenant } from "../tenant.ts";

export interface Handler<K extends OperationName> {
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

/** The handlers of some operations. */
export type Handlers = { readonly [K in OperationName]?: Handler<K> };
