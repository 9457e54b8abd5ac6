/** The Durable Object that keeps one tenant's budget: totals, buckets, reservations, configuration and ledger. */
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
 * Runs one operation at a time, so that a check and the write that depends on it are atomic. Operations that arrive
 * together commit together, and the platform holds their answers back until the commit is durable. Callers send
 * operations already parsed by `parseOperation`.
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
   * @param caller the token that the call was made with; undefined for the operator and for other Workers
   */
  run<K extends OperationName>(operation: Operation<K>, caller?: Caller): Promise<Answer<OutputOf<K>>> {
    return this.#runner.run(this.#prepare(operation, caller));
  }

  /** Runs operations in order, in one commit if possible, each with an answer of its own. */
  batch(operations: readonly Operation[], caller?: Caller): Promise<Answer<unknown>[]> {
    return this.#runner.runAll(operations.map((operation) => this.#prepare(operation, caller)));
  }

  override alarm(alarm?: AlarmInvocationInfo): Promise<void> {
    return this.#upkeep.onAlarm(this.#runner, this.now(), alarm?.scheduledTime);
  }

  /** The rules at a scope's bound of buckets. Tests override them. */
  protected get rules(): Rules {
    return SERVICE_RULES;
  }

  /** The clock, which is read once for each operation. Tests override it. */
  protected now(): number {
    return Date.now();
  }

  /** Takes the time of arrival, which stays the operation's time if it has to run again. */
  #prepare<K extends OperationName>(operation: Operation<K>, caller?: Caller): () => Answer<OutputOf<K>> | undefined {
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
