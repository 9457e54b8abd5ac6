import { DurableObject } from "cloudflare:workers";
import {
  Accounts,
  type Bucket,
  type BudgetConfig,
  InexactSumError,
  NO_USAGE,
  type Policy,
  totalsOf,
  usageOf,
} from "../core/index.ts";
import type {
  AllowsStepRequest,
  Answer,
  ConfigAnswer,
  ConsumeRequest,
  DecisionAnswer,
  TenantUsageAnswer,
  UsageAnswer,
} from "../wire/index.ts";
import { ConfigStore } from "./config-store.ts";
import { LedgerStore } from "./ledger-store.ts";
import { migrate } from "./schema.ts";
import { SqlBuckets } from "./sql-buckets.ts";

/**
 * One tenant's budget: its totals, its users' buckets and its configuration, in the object's own SQLite.
 *
 * The object runs one operation at a time, and each is one transaction, so that a check and what follows it
 * are atomic, and the platform holds an answer back until what it tells is durable. Inputs come validated.
 */
export class TenantBudget extends DurableObject {
  readonly #config: ConfigStore;
  readonly #buckets: SqlBuckets;
  readonly #accounts: Accounts;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage);
    this.#config = new ConfigStore(ctx.storage.sql);
    this.#buckets = new SqlBuckets(ctx.storage.sql, new LedgerStore(ctx.storage.sql));
    this.#accounts = new Accounts(this.#buckets);
  }

  /** May this user take the next step? */
  allowsStep({ user_id }: AllowsStepRequest): Answer<DecisionAnswer> {
    return this.#run((policy, nowMs) => this.#accounts.allowsStep(policy, user_id, nowMs));
  }

  /** Records what was spent and decides the step after it. */
  consume(spent: ConsumeRequest): Answer<DecisionAnswer> {
    return this.#run((policy, nowMs) => this.#accounts.consume(policy, spent.user_id, usageOf(spent), nowMs));
  }

  /** The tenant's totals. */
  usage(): Answer<TenantUsageAnswer> {
    return this.#run((_, nowMs) => ({
      ...usageAnswer(this.#accounts.tenant(nowMs), nowMs),
      users: this.#buckets.countUsers(),
    }));
  }

  /** A user's totals; null asks for the anonymous user's. */
  usageFor(userId: string | null): Answer<UsageAnswer> {
    return this.#run((policy, nowMs) => {
      this.#accounts.tenant(nowMs);
      return usageAnswer(this.#accounts.user(policy, userId, nowMs), nowMs);
    });
  }

  /** The configuration in force. */
  config(): Answer<ConfigAnswer> {
    return this.#run(() => this.#config.config);
  }

  /** Replaces the configuration, from the next operation on. Totals stay. */
  configure(config: BudgetConfig): Answer<ConfigAnswer> {
    return this.#run((_, nowMs) => {
      this.#accounts.tenant(nowMs);
      this.#config.replace(withoutNullLimits(config), nowMs);
      return this.#config.config;
    });
  }

  /** The clock, read once per operation. */
  protected now(): number {
    return Date.now();
  }

  #run<T>(operation: (policy: Policy, nowMs: number) => T): Answer<T> {
    const nowMs = this.now();
    try {
      return this.ctx.storage.transactionSync(() => {
        const value = operation(this.#config.policy, nowMs);
        this.#buckets.flush();
        return { ok: true, value };
      });
    } catch (error) {
      // The transaction is rolled back: nothing may stay in memory that is not in storage.
      this.#buckets.forget();
      this.#config.forget();
      if (error instanceof InexactSumError) {
        return { ok: false, refusal: { code: "sum_too_large", detail: `this ${error.message}` } };
      }
      throw error;
    }
  }
}

function usageAnswer(bucket: Bucket | undefined, nowMs: number): UsageAnswer {
  return {
    ...totalsOf(bucket?.usage ?? NO_USAGE),
    started_at: bucket ? new Date(bucket.startedAtMs).toISOString() : null,
    wall_clock: bucket ? Math.max(0, nowMs - bucket.startedAtMs) / 1000 : 0,
  };
}

/** A limit of null is no limit; a setting of null says something. */
function withoutNullLimits(config: BudgetConfig): BudgetConfig {
  const isKept = ([key, value]: [string, unknown]) => value !== null || key === "max_users";
  return Object.fromEntries(Object.entries(config).filter(isKept));
}
