/** The service, with objects that count written rows for `GET /rows/:tenant`. */

import { TenantBudget } from "../../src/tenant/index.ts";
import { app } from "../../src/worker/app.ts";

interface CountingEnv extends Cloudflare.Env {
  readonly TENANT_BUDGET: DurableObjectNamespace<CountingBudget>;
}

interface Count {
  rows: number;
}

export { BudgetService } from "../../src/worker/budget-service.ts";

/** The tenant's object, unchanged except for the count. */
export class CountingBudget extends TenantBudget {
  readonly #count: Count;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    const count = countRows(ctx.storage);
    super(ctx, env);
    this.#count = count;
  }

  /** Rows written since the object came into memory, as the platform bills them. */
  rowsWritten(): number {
    return this.#count.rows;
  }
}

export default {
  async fetch(request, env, context) {
    const [, tenant] = /^\/rows\/(.+)$/.exec(new URL(request.url).pathname) ?? [];
    if (tenant === undefined) return app.fetch(request, env, context);
    return Response.json({ rows: await env.TENANT_BUDGET.getByName(tenant).rowsWritten() });
  },
} satisfies ExportedHandler<CountingEnv>;

/**
 * Counts from here on what the platform bills: each row that a statement writes, all of which are written by the
 * time `exec` returns; and one for each value put or deleted and for each alarm set.
 */
function countRows(storage: DurableObjectStorage): Count {
  const count = { rows: 0 };
  watch(storage.sql, "exec", (cursor: SqlStorageCursor<Record<string, SqlStorageValue>>) => {
    count.rows += cursor.rowsWritten;
  });
  const countOne = () => {
    count.rows += 1;
  };
  for (const name of ["put", "delete"] as const) watch(storage.kv, name, countOne);
  watch(storage, "setAlarm", countOne);
  return count;
}

/** Reports each result of a platform object's method, by shadowing the prototype's method. */
function watch<T extends object, Result>(target: T, name: keyof T & string, report: (result: Result) => void): void {
  const method = (target[name] as (...args: unknown[]) => Result).bind(target);
  Object.defineProperty(target, name, {
    value: (...args: unknown[]) => {
      const result = method(...args);
      report(result);
      return result;
    },
  });
}
