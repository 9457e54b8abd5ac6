import { DurableObject } from "cloudflare:workers";
import {
  type Account,
  Accounts,
  type BucketKey,
  type BudgetConfig,
  type Control,
  configIssues,
  mergePatch,
  NO_USAGE,
  nameOf,
  nanoFromUsd,
  type Policy,
  pricedUsageOf,
  SumError,
  statusOf,
  subjectOf,
  TENANT,
  TENANT_KEY,
  UnknownModelError,
  USER,
  usdFromNano,
  userKey,
} from "../core/index.ts";
import { priceCall } from "../pricing/index.ts";
import {
  type AdjustRequest,
  type AllowsStepRequest,
  type Answer,
  BudgetError,
  type ConfigPatch,
  type ConfigVersion,
  type ConsumeRequest,
  type DecisionAnswer,
  type FreezeRequest,
  inputRefusal,
  type LedgerEntry,
  type NoteRequest,
  type OverrideRequest,
  type Page,
  type PageQuery,
  type ProblemCode,
  pointerTo,
  type UsageAnswer,
} from "../wire/index.ts";
import { ConfigStore } from "./config-store.ts";
import { ControlStore } from "./control-store.ts";
import { LedgerStore } from "./ledger-store.ts";
import { migrate } from "./schema.ts";
import { SqlBuckets } from "./sql-buckets.ts";
import { usageAnswer } from "./usage-answer.ts";

/** Which version of the configuration an edit was made from, and by whom. */
export interface Edit {
  /** The versions that the edit is good for; absent: any. */
  readonly ifVersion?: readonly number[] | undefined;
  readonly author?: string | null | undefined;
}

/**
 * One tenant's budget: its totals, its buckets, its configuration and its ledger, in the object's own SQLite.
 *
 * The object runs one operation at a time, and each is one transaction, so that a check and what follows it
 * are atomic, and the platform holds an answer back until what it tells is durable. Inputs come validated.
 */
export class TenantBudget extends DurableObject {
  readonly #config: ConfigStore;
  readonly #controls: ControlStore;
  readonly #ledger: LedgerStore;
  readonly #buckets: SqlBuckets;
  readonly #accounts: Accounts;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage);
    const { sql } = ctx.storage;
    this.#config = new ConfigStore(sql);
    this.#controls = new ControlStore(sql);
    this.#ledger = new LedgerStore(sql);
    this.#buckets = new SqlBuckets(sql, this.#ledger, this.#controls);
    this.#accounts = new Accounts(this.#buckets);
  }

  /** May this subject take the next step? */
  allowsStep(step: AllowsStepRequest): Answer<DecisionAnswer> {
    return this.#run((policy, nowMs) =>
      statusOf(this.#accounts.allowsStep(policy, subjectOf(step), nowMs), nowMs, step.detail),
    );
  }

  /** Records what was spent and decides the step after it. */
  consume(spent: ConsumeRequest): Answer<DecisionAnswer> {
    return this.#run((policy, nowMs) => {
      const { usage, price } = pricedUsageOf(spent, policy.prices, priceCall, nowMs);
      const subject = subjectOf(spent);
      const decision = this.#accounts.consume(policy, subject, usage, nowMs);
      const { detail: _, ...told } = spent;
      const cost = price && {
        cost_usd: usdFromNano(price.costNanoUsd),
        price: { source: price.source, rates: price.rates },
      };
      this.#ledger.append("consume", { ...told, ...cost }, nowMs);
      return statusOf(decision, nowMs, spent.detail);
    });
  }

  /** The tenant's totals. */
  usage(): Answer<UsageAnswer> {
    return this.usageOf(TENANT_KEY);
  }

  /** A user's totals; null asks for the anonymous user's. */
  usageFor(userId: string | null): Answer<UsageAnswer> {
    return this.usageOf(userKey(userId));
  }

  /** A bucket's totals, and how its limits stand. */
  usageOf(key: BucketKey): Answer<UsageAnswer> {
    return this.#runOn(key, () => {});
  }

  /** The configuration in force. */
  config(): Answer<ConfigVersion> {
    return this.#run(() => this.#config.version);
  }

  /** Replaces the configuration, from the next operation on. Totals stay. */
  configure(config: BudgetConfig, edit: Edit = {}): Answer<ConfigVersion> {
    return this.#run((_, nowMs) => this.#replaceConfig(() => config, edit, nowMs));
  }

  /** Merges a patch into the configuration (RFC 7396). */
  patchConfig(patch: ConfigPatch, edit: Edit = {}): Answer<ConfigVersion> {
    const merge = (config: BudgetConfig) => mergePatch(config, patch) as BudgetConfig;
    return this.#run((_, nowMs) => this.#replaceConfig(merge, edit, nowMs));
  }

  /** Every version of the configuration, a page at a time. */
  configHistory({ after, limit }: PageQuery): Answer<Page<ConfigVersion>> {
    return this.#run(() => pageOf(this.#config.history(after, limit), limit, ({ version }) => version));
  }

  /** What happened, a page at a time. */
  ledger({ after, limit }: PageQuery): Answer<Page<LedgerEntry>> {
    return this.#run(() => pageOf(this.#ledger.entries(after, limit), limit, ({ id }) => id));
  }

  /** Gives a bucket maxima of its own: until `expires_at`, or for good in place of those it has. */
  setLimits(key: BucketKey, { expires_at, ...maxima }: OverrideRequest): Answer<UsageAnswer> {
    return this.#runOn(key, (account, _, nowMs) => {
      const untilMs = expires_at === undefined ? undefined : aheadOf(nowMs, "expires_at", expires_at);
      this.#control(account, untilMs === undefined ? { override: maxima } : { raise: { maxima, untilMs } });
      this.#ledger.append("limits", { bucket: nameOf(key), limits: maxima, expires_at }, nowMs);
    });
  }

  /** Takes a bucket's own maxima away, those for a time too. */
  clearLimits(key: BucketKey): Answer<UsageAnswer> {
    return this.#runOn(key, (account, _, nowMs) => {
      this.#control(account, { override: null, raise: null });
      this.#ledger.append("limits", { bucket: nameOf(key), limits: null }, nowMs);
    });
  }

  /** Blocks a bucket's steps, until a time or until it is lifted. */
  freeze(key: BucketKey, { until, note }: FreezeRequest): Answer<UsageAnswer> {
    return this.#runOn(key, (account, _, nowMs) => {
      const untilMs = until == null ? null : aheadOf(nowMs, "until", until);
      this.#control(account, { freeze: { untilMs } });
      this.#ledger.append("freeze", { bucket: nameOf(key), until, note }, nowMs);
    });
  }

  /** Lifts a freeze. */
  unfreeze(key: BucketKey, { note }: NoteRequest): Answer<UsageAnswer> {
    return this.#runOn(key, (account, _, nowMs) => {
      this.#control(account, { freeze: null });
      this.#ledger.append("unfreeze", { bucket: nameOf(key), note }, nowMs);
    });
  }

  /** Corrects a bucket's totals by a debit or a credit. No other bucket's change. */
  adjust(key: BucketKey, { note, ...amount }: AdjustRequest): Answer<UsageAnswer> {
    return this.#runOn(key, (_, policy, nowMs) => {
      const { tokens_in = 0, tokens_out = 0, cost_usd = 0, calls = 0 } = amount;
      const costNanoUsd = nanoFromUsd(cost_usd);
      const delta = { ...NO_USAGE, inputTokens: tokens_in, outputTokens: tokens_out, costNanoUsd, calls };
      this.#accounts.adjust(policy, key, delta, nowMs);
      this.#ledger.append("adjustment", { bucket: nameOf(key), ...amount, note }, nowMs);
    });
  }

  /** Sets a bucket's totals and windows to zero. What is set for it stays. */
  reset(key: BucketKey, { note }: NoteRequest): Answer<UsageAnswer> {
    return this.#runOn(key, ({ bucket }, policy, nowMs) => {
      const totals = bucket && usageAnswer(policy, { key, bucket, control: undefined }, nowMs);
      this.#accounts.reset(policy, key, nowMs);
      this.#ledger.append("reset", { bucket: nameOf(key), note, totals }, nowMs);
    });
  }

  /** The clock, read once per operation. */
  protected now(): number {
    return Date.now();
  }

  #replaceConfig(edited: (config: BudgetConfig) => BudgetConfig, edit: Edit, nowMs: number): ConfigVersion {
    const { version, config } = this.#config.version;
    if (edit.ifVersion && !edit.ifVersion.includes(version)) {
      throw new BudgetError({ code: "precondition_failed", detail: `the configuration is at version ${version}` });
    }
    const next = withoutNullLimits(edited(config));
    const issues = configIssues(next as Record<string, unknown>);
    if (issues.length > 0) {
      throw new BudgetError(inputRefusal(issues.map(({ key, detail }) => ({ pointer: pointerTo([key]), detail }))));
    }
    const author = edit.author ?? null;
    const made = this.#config.replace(next, author, nowMs);
    this.#ledger.append("config", { version: made.version, author }, nowMs);
    return made;
  }

  #control({ key, control }: Account, change: Partial<Control>): void {
    this.#controls.put({ ...key, override: null, raise: null, freeze: null, ...control, ...change });
  }

  /** Runs an operation on one bucket and tells how the bucket stands after it. */
  #runOn(key: BucketKey, operation: (account: Account, policy: Policy, nowMs: number) => void): Answer<UsageAnswer> {
    return this.#run((policy, nowMs) => {
      operation(this.#accounts.open(policy, key, nowMs), policy, nowMs);
      const answer = usageAnswer(policy, this.#accounts.open(policy, key, nowMs), nowMs);
      return key.scope === TENANT ? { ...answer, users: this.#buckets.count(USER) } : answer;
    });
  }

  #run<T>(operation: (policy: Policy, nowMs: number) => T): Answer<T> {
    const nowMs = this.now();
    try {
      return this.ctx.storage.transactionSync(() => {
        this.#accounts.tenant(nowMs);
        const answer = answerOf(() => operation(this.#config.policy, nowMs));
        this.#buckets.flush();
        return answer;
      });
    } catch (fault) {
      // The transaction is rolled back: nothing may stay in memory that is not in storage.
      this.#buckets.forget();
      this.#controls.forget();
      this.#config.forget();
      throw fault;
    }
  }
}

/** Makes a refusal an answer. An operation refuses before it changes anything, so what it has touched may stay. */
function answerOf<T>(operation: () => T): Answer<T> {
  try {
    return { ok: true, value: operation() };
  } catch (error) {
    if (error instanceof BudgetError) return { ok: false, refusal: error.refusal };
    if (error instanceof SumError) return refuse("sum_out_of_range", `this ${error.message}`);
    if (error instanceof UnknownModelError) return refuse("unknown_model", error.message);
    throw error;
  }
}

function refuse(code: ProblemCode, detail: string): Answer<never> {
  return { ok: false, refusal: { code, detail } };
}

/** A page of a list, and where the next one goes on. */
function pageOf<T>(items: readonly T[], limit: number, idOf: (item: T) => number): Page<T> {
  const last = items.at(-1);
  return { items, next: last && items.length === limit ? idOf(last) : null };
}

/** Reads a time that has to lie ahead. */
function aheadOf(nowMs: number, field: string, time: string): number {
  const epochMs = Date.parse(time);
  if (epochMs > nowMs) return epochMs;
  throw new BudgetError(inputRefusal([{ pointer: pointerTo([field]), detail: "takes a time that lies ahead" }]));
}

/** A limit of null is no limit; a bound of null is no bound, which differs from the default. */
function withoutNullLimits(config: BudgetConfig): BudgetConfig {
  const isKept = ([key, value]: [string, unknown]) => value !== null || key === "max_users";
  return Object.fromEntries(Object.entries(config).filter(isKept));
}
