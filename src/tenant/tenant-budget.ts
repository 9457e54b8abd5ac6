/** The Durable Object: one tenant's budget. */
import { DurableObject } from "cloudflare:workers";
import { type Rules, SERVICE_RULES } from "../core/index.ts";
import type { Caller, Operation, OperationName, OutputOf } from "../operations/index.ts";
import type { Answer } from "../wire/index.ts";
import { GroupCommit } from "./group-commit.ts";
import { OperationRunner } from "./operation-runner.ts";
import { dispatch } from "./operations/dispatch.ts";
import { migrate } from "./store/schema.ts";
import { Tenant } from "./tenant.ts";
import { Upkeep } from "./upkeep.ts";

/**
 * One tenant's budget: its totals, buckets, reservations, configuration and ledger, in the object's own SQLite.
 *
 * The object runs one operation at a time, so that a check and what follows it are atomic. Operations that arrive
 * together commit together, and the platform holds their answers back until the commit is durable. Operations come
 * parsed (`parseOperation`).
 */
export class TenantBudget extends DurableObject {
  readonly #tenant: Tenant;
  readonly #upkeep: Upkeep;
  readonly #runner: OperationRunner;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage);
    this.#tenant = new Tenant(ctx.storage.sql, this.rules);
    this.#upkeep = new Upkeep(this.#tenant, ctx.storage);
    const commits = new GroupCommit(ctx.storage, { flush: () => this.#flush(), discard: () => this.#discard() });
    this.#runner = new OperationRunner(commits);
  }

  /**
   * Runs an operation.
   *
   * @param caller whose token it is; absent for a caller who may do everything
   */
  run<K extends OperationName>(operation: Operation<K>, caller?: Caller): Promise<Answer<OutputOf<K>>> {
    return this.#runner.run(this.#prepared(operation, caller));
  }

  /** Runs operations of any kind in order, in one commit if they fit, each with an answer of its own. */
  batch(operations: readonly Operation[], caller?: Caller): Promise<Answer<unknown>[]> {
    return this.#runner.runAll(operations.map((operation) => this.#prepared(operation, caller)));
  }

  override alarm(alarm?: AlarmInvocationInfo): Promise<void> {
    return this.#upkeep.ring(this.#runner, this.now(), alarm?.scheduledTime);
  }

  /** What happens at the bounds of what is kept. */
  protected get rules(): Rules {
    return SERVICE_RULES;
  }

  /** The clock, read once per operation. */
  protected now(): number {
    return Date.now();
  }

  /** An operation ready to run, at the time of its arrival. */
  #prepared<K extends OperationName>(operation: Operation<K>, caller?: Caller): () => Answer<OutputOf<K>> | undefined {
    const nowMs = this.now();
    return () => dispatch(this.#tenant, operation, caller, nowMs);
  }

  #flush(): void {
    this.#tenant.flush();
    this.#upkeep.schedule(this.now());
  }

  #discard(): void {
    this.#tenant.discard();
    this.#upkeep.discard();
  }
}
