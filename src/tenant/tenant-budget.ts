import { DurableObject } from "cloudflare:workers";
import { type BucketKey, type BudgetConfig, type Rules, SERVICE_RULES, TENANT_KEY, userKey } from "../core/index.ts";
import type {
  AdjustRequest,
  AllowsStepRequest,
  Answer,
  AnswerOf,
  Caller,
  CommitRequest,
  ConfigPatch,
  ConsumeRequest,
  Edit,
  ExtendRequest,
  FreezeRequest,
  LedgerQuery,
  NoteRequest,
  Operation,
  OperationName,
  OverrideRequest,
  PageQuery,
  ReleaseRequest,
  ReservationsQuery,
  ReserveRequest,
} from "../wire/index.ts";
import { GroupCommit } from "./group-commit.ts";
import { nextTurn } from "./next-turn.ts";
import { OperationRunner } from "./operation-runner.ts";
import { perform } from "./operations/dispatch.ts";
import { migrate } from "./store/schema.ts";
import { Tenant } from "./tenant.ts";
import { Upkeep } from "./upkeep.ts";

type Answers<K extends OperationName> = Promise<Answer<AnswerOf<K>>>;

/**
 * One tenant's budget: its totals, its buckets, its reservations, its configuration and its ledger, in the object's
 * own SQLite.
 *
 * The object runs one operation at a time, so that a check and what follows it are atomic. Those that arrive together
 * are committed together, and the platform holds their answers back until what they tell is durable. Inputs come
 * validated.
 */
export class TenantBudget extends DurableObject {
  readonly #tenant: Tenant;
  readonly #upkeep: Upkeep;
  readonly #runner: OperationRunner;
  /** When the object's alarm will go off, as far as memory knows. */
  #alarmMs = Number.POSITIVE_INFINITY;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage);
    this.#tenant = new Tenant(ctx.storage.sql, this.rules);
    this.#upkeep = new Upkeep(this.#tenant);
    const commits = new GroupCommit(ctx.storage, { flush: () => this.#flush(), discard: () => this.#discard() });
    this.#runner = new OperationRunner(commits);
  }

  /** May this subject take the next step? */
  allowsStep(request: AllowsStepRequest): Answers<"allows_step"> {
    return this.#run({ op: "allows_step", request });
  }

  /** Records what was spent and decides the step after it. */
  consume(request: ConsumeRequest): Answers<"consume"> {
    return this.#run({ op: "consume", request });
  }

  /** Holds what a call may come to. */
  reserve(request: ReserveRequest): Answers<"reserve"> {
    return this.#run({ op: "reserve", request });
  }

  /** Settles a reservation, or a part of it, with what was really used. */
  commit(id: string, request: CommitRequest): Answers<"commit"> {
    return this.#run({ op: "commit", id, request });
  }

  /** Gives back what a reservation holds. */
  release(id: string, request: ReleaseRequest): Answers<"release"> {
    return this.#run({ op: "release", id, request });
  }

  /** Gives a reservation more to hold, or more time. */
  extend(id: string, request: ExtendRequest): Answers<"extend"> {
    return this.#run({ op: "extend", id, request });
  }

  reservation(id: string): Answers<"reservation"> {
    return this.#run({ op: "reservation", id });
  }

  /** Reservations, open and settled, a page at a time. */
  reservations(query: ReservationsQuery): Answers<"reservations"> {
    return this.#run({ op: "reservations", query });
  }

  /**
   * Carries out any operation. The other methods are its short forms.
   *
   * @param caller on whose token it is; absent for who may do everything
   */
  run<K extends OperationName>(operation: Operation<K>, caller?: Caller): Answers<K> {
    return this.#run(operation, caller);
  }

  /** Carries out operations of any kind in order, in one commit, each with an answer of its own. */
  batch(operations: readonly Operation[], caller?: Caller): Promise<Answer<unknown>[]> {
    return this.#runner.runAll(operations.map((operation) => this.#prepare(operation, caller)));
  }

  /** The tenant's totals. */
  usage(): Answers<"usage"> {
    return this.usageOf(TENANT_KEY);
  }

  /** A user's totals; null asks for the anonymous user's. */
  usageFor(userId: string | null): Answers<"usage"> {
    return this.usageOf(userKey(userId));
  }

  /** A bucket's totals, and how its limits stand. */
  usageOf(key: BucketKey): Answers<"usage"> {
    return this.#run({ op: "usage", key });
  }

  /** Gives a bucket maxima of its own: until `expires_at`, or for good in place of those it has. */
  setLimits(key: BucketKey, request: OverrideRequest, edit: Edit = {}): Answers<"set_limits"> {
    return this.#run({ op: "set_limits", key, request, edit });
  }

  /** Takes a bucket's own maxima away, those for a time too. */
  clearLimits(key: BucketKey, edit: Edit = {}): Answers<"clear_limits"> {
    return this.#run({ op: "clear_limits", key, edit });
  }

  /** Corrects a bucket's totals by a debit or a credit. */
  adjust(key: BucketKey, request: AdjustRequest): Answers<"adjust"> {
    return this.#run({ op: "adjust", key, request });
  }

  /** Sets a bucket's totals and windows to zero. */
  reset(key: BucketKey, request: NoteRequest): Answers<"reset"> {
    return this.#run({ op: "reset", key, request });
  }

  /** Blocks a bucket's steps, until a time or until it is lifted. */
  freeze(key: BucketKey, request: FreezeRequest): Answers<"freeze"> {
    return this.#run({ op: "freeze", key, request });
  }

  /** Lifts a freeze. */
  unfreeze(key: BucketKey, request: NoteRequest): Answers<"unfreeze"> {
    return this.#run({ op: "unfreeze", key, request });
  }

  /** The configuration in force. */
  config(): Answers<"config"> {
    return this.#run({ op: "config" });
  }

  /** Replaces the configuration, from the next operation on. Totals stay. */
  configure(config: BudgetConfig, edit: Edit = {}): Answers<"configure"> {
    return this.#run({ op: "configure", config, edit });
  }

  /** Merges a patch into the configuration (RFC 7396). */
  patchConfig(patch: ConfigPatch, edit: Edit = {}): Answers<"patch_config"> {
    return this.#run({ op: "patch_config", patch, edit });
  }

  /** Every version of the configuration, a page at a time. */
  configHistory(query: PageQuery): Answers<"config_history"> {
    return this.#run({ op: "config_history", query });
  }

  /** What happened, a page at a time. */
  ledger(query: LedgerQuery): Answers<"ledger"> {
    return this.#run({ op: "ledger", query });
  }

  /** Proves that the ledger adds up to the totals. */
  audit(): Answers<"audit"> {
    return this.#run({ op: "audit" });
  }

  override async alarm(alarm?: AlarmInvocationInfo): Promise<void> {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    const nowMs = this.now();
    for (let turn = 0, hasMore = true; hasMore && turn < MAX_TURNS; turn += 1) {
      // Each turn is a commit of its own, which takes in the calls that wait.
      if (turn > 0) await nextTurn();
      hasMore = await this.#runner.run(() => this.#upkeep.run(nowMs));
    }
    // By a clock that is behind the platform's, an alarm goes off early; set to the same time, it would do so at once.
    const earlyMs = alarm ? alarm.scheduledTime - nowMs : 0;
    if (earlyMs > 0) this.#setAlarm(Date.now() + Math.min(Math.max(earlyMs, MIN_WAIT_MS), MAX_WAIT_MS));
  }

  /** What is done at the bounds of what is kept. */
  protected get rules(): Rules {
    return SERVICE_RULES;
  }

  /** The clock, read once per operation. */
  protected now(): number {
    return Date.now();
  }

  #run<K extends OperationName>(operation: Operation<K>, caller?: Caller): Answers<K> {
    return this.#runner.run(this.#prepare(operation, caller));
  }

  /** An operation as it will be carried out, at the time when it arrived. */
  #prepare<K extends OperationName>(operation: Operation<K>, caller?: Caller): () => Answer<AnswerOf<K>> | undefined {
    const nowMs = this.now();
    return () => perform(this.#tenant, operation, caller, nowMs);
  }

  #flush(): void {
    this.#tenant.flush();
    const nextMs = this.#upkeep.nextMs(this.now());
    // An alarm that is set to an earlier time holds up the commit, so it is left alone where it is early enough.
    if (nextMs < this.#alarmMs) this.#setAlarm(nextMs);
  }

  #setAlarm(atMs: number): void {
    this.#alarmMs = atMs;
    void this.ctx.storage.setAlarm(atMs);
  }

  #discard(): void {
    this.#tenant.discard();
    this.#upkeep.discard();
    this.#alarmMs = Number.POSITIVE_INFINITY;
  }
}

/** How many commits one alarm makes before it leaves what is left to the next. */
const MAX_TURNS = 256;
/** How long an alarm that went off early waits for the next one. */
const MIN_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;
