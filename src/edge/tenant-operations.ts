import { RpcTarget } from "cloudflare:workers";
import type { z } from "zod";
import { type BucketKey, type BucketName, type BudgetConfig, type StepRequest, TENANT, USER } from "../core/index.ts";
import type { Edit, TenantBudget } from "../tenant/index.ts";
import {
  AdjustRequest,
  AllowsStepRequest,
  type Answer,
  type Caller,
  ConfigPatch,
  ConfigRequest,
  type ConfigVersion,
  ConsumeRequest,
  type DecisionAnswer,
  FreezeRequest,
  type LedgerEntry,
  NoteRequest,
  OverrideRequest,
  type Page,
  PageQuery,
  parseInput,
  type UsageAnswer,
} from "../wire/index.ts";
import { bindStep, requireOwnBucket, requireUnbound } from "./access/binding.ts";
import { askObject } from "./object-call.ts";
import { parseBucket, parseId } from "./path-ids.ts";

/**
 * Every operation on one tenant, validated here and carried out by the tenant's object. HTTP routes call it,
 * and so do other Workers, by RPC, so that both get the same answers. Each throws `BudgetError` where the
 * input is not valid, the caller's token is bound to something else, or the object refuses.
 */
export class TenantOperations extends RpcTarget {
  readonly #namespace: DurableObjectNamespace<TenantBudget>;
  readonly #tenantId: string;
  readonly #caller: Caller | undefined;

  /** @param caller whose token the operations are bound to; undefined for who may do everything */
  constructor(namespace: DurableObjectNamespace<TenantBudget>, tenantId: string, caller?: Caller) {
    super();
    this.#namespace = namespace;
    this.#tenantId = tenantId;
    this.#caller = caller;
  }

  /** May this subject take the next step? */
  async allowsStep(step: AllowsStepRequest = {}): Promise<DecisionAnswer> {
    const asked = this.#step(AllowsStepRequest, step);
    return this.#read((object) => object.allowsStep(asked));
  }

  /** Records what was spent and decides the step after it. */
  async consume(spent: ConsumeRequest): Promise<DecisionAnswer> {
    const told = this.#step(ConsumeRequest, spent);
    return this.#write((object) => object.consume(told));
  }

  /** The tenant's totals. */
  async usage(): Promise<UsageAnswer> {
    return this.usageOf({ scope: TENANT, id: null });
  }

  /** A user's totals; null or nothing asks for the anonymous user's. */
  async usageFor(userId: string | null = null): Promise<UsageAnswer> {
    return this.usageOf({ scope: USER, id: userId });
  }

  /** Any bucket's totals. */
  async usageOf(bucket: BucketName): Promise<UsageAnswer> {
    const key = this.#bucket(bucket);
    return this.#read((object) => object.usageOf(key));
  }

  /** The configuration in force, and its version. */
  async config(): Promise<ConfigVersion> {
    requireUnbound(this.#caller);
    return this.#read((object) => object.config());
  }

  /** Replaces the configuration. */
  async configure(config: BudgetConfig, edit: Edit = {}): Promise<ConfigVersion> {
    requireUnbound(this.#caller);
    const next = parseInput(ConfigRequest, config);
    return this.#write((object) => object.configure(next, edit));
  }

  /** Merges a patch into the configuration (RFC 7396). */
  async patchConfig(patch: ConfigPatch, edit: Edit = {}): Promise<ConfigVersion> {
    requireUnbound(this.#caller);
    const merged = parseInput(ConfigPatch, patch);
    return this.#write((object) => object.patchConfig(merged, edit));
  }

  /** Every version of the configuration, a page at a time. */
  async configHistory(page: Partial<PageQuery> = {}): Promise<Page<ConfigVersion>> {
    requireUnbound(this.#caller);
    const query = parseInput(PageQuery, page);
    return this.#read((object) => object.configHistory(query));
  }

  /** What happened, a page at a time. */
  async ledger(page: Partial<PageQuery> = {}): Promise<Page<LedgerEntry>> {
    requireUnbound(this.#caller);
    const query = parseInput(PageQuery, page);
    return this.#read((object) => object.ledger(query));
  }

  /** Gives a bucket maxima of its own, until `expires_at` or for good. */
  async setLimits(bucket: BucketName, limits: OverrideRequest): Promise<UsageAnswer> {
    const [key, input] = [this.#bucket(bucket), parseInput(OverrideRequest, limits)];
    return this.#write((object) => object.setLimits(key, input));
  }

  /** Takes a bucket's own maxima away. */
  async clearLimits(bucket: BucketName): Promise<UsageAnswer> {
    const key = this.#bucket(bucket);
    return this.#write((object) => object.clearLimits(key));
  }

  /** Corrects a bucket's totals by a debit or a credit. */
  async adjust(bucket: BucketName, amount: AdjustRequest): Promise<UsageAnswer> {
    const [key, input] = [this.#bucket(bucket), parseInput(AdjustRequest, amount)];
    return this.#write((object) => object.adjust(key, input));
  }

  /** Sets a bucket's totals and windows to zero. */
  async reset(bucket: BucketName, note: NoteRequest = {}): Promise<UsageAnswer> {
    const [key, input] = [this.#bucket(bucket), parseInput(NoteRequest, note)];
    return this.#write((object) => object.reset(key, input));
  }

  /** Blocks a bucket's steps, until a time or until it is lifted. */
  async freeze(bucket: BucketName, freeze: FreezeRequest = {}): Promise<UsageAnswer> {
    const [key, input] = [this.#bucket(bucket), parseInput(FreezeRequest, freeze)];
    return this.#write((object) => object.freeze(key, input));
  }

  /** Lifts a freeze. */
  async unfreeze(bucket: BucketName, note: NoteRequest = {}): Promise<UsageAnswer> {
    const [key, input] = [this.#bucket(bucket), parseInput(NoteRequest, note)];
    return this.#write((object) => object.unfreeze(key, input));
  }

  /** A step, bound to the caller's user and labels. What they add has to be valid too. */
  #step<S extends StepRequest>(schema: z.ZodType<S>, input: unknown): S {
    const step = parseInput(schema, input);
    const bound = bindStep(this.#caller, step);
    return bound === step ? step : parseInput(schema, bound);
  }

  /** The bucket that is named, where it is one of the caller's own. */
  #bucket(name: BucketName): BucketKey {
    const key = parseBucket(name);
    requireOwnBucket(this.#caller, key);
    return key;
  }

  /** Asks the object what changes nothing: that is safe to ask twice. */
  #read<T>(operation: (object: DurableObjectStub<TenantBudget>) => Promise<Answer<T>>): Promise<T> {
    return this.#ask(operation, true);
  }

  #write<T>(operation: (object: DurableObjectStub<TenantBudget>) => Promise<Answer<T>>): Promise<T> {
    return this.#ask(operation, false);
  }

  /** The tenant's id is checked here and not in the constructor: by RPC, it is the operation that is awaited. */
  async #ask<T>(
    operation: (object: DurableObjectStub<TenantBudget>) => Promise<Answer<T>>,
    isSafe: boolean,
  ): Promise<T> {
    return askObject(this.#namespace, parseId("tenant", this.#tenantId), operation, isSafe);
  }
}
