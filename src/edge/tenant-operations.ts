import { RpcTarget } from "cloudflare:workers";
import { type BucketKey, type BucketName, type BudgetConfig, keyNamed, TENANT, USER } from "../core/index.ts";
import type { TenantBudget } from "../tenant/index.ts";
import {
  AdjustRequest,
  AllowsStepRequest,
  type Answer,
  BudgetError,
  ConfigPatch,
  ConfigRequest,
  type ConfigVersion,
  ConsumeRequest,
  type DecisionAnswer,
  type Edit,
  FreezeRequest,
  Id,
  type LedgerEntry,
  LedgerQuery,
  NoteRequest,
  OverrideRequest,
  type Page,
  PageQuery,
  parseInput,
  type UsageAnswer,
} from "../wire/index.ts";

/**
 * Every operation on one tenant, validated here and carried out by the tenant's object. HTTP routes call it,
 * and so do other Workers, by RPC, so that both get the same answers. Each throws `BudgetError` where the
 * input is not valid or the object refuses.
 */
export class TenantOperations extends RpcTarget {
  readonly #namespace: DurableObjectNamespace<TenantBudget>;
  readonly #tenantId: string;

  constructor(namespace: DurableObjectNamespace<TenantBudget>, tenantId: string) {
    super();
    this.#namespace = namespace;
    this.#tenantId = tenantId;
  }

  /** May this subject take the next step? */
  async allowsStep(step: AllowsStepRequest = {}): Promise<DecisionAnswer> {
    return unwrap(await this.#object.allowsStep(parseInput(AllowsStepRequest, step)));
  }

  /** Records what was spent and decides the step after it. */
  async consume(spent: ConsumeRequest): Promise<DecisionAnswer> {
    return unwrap(await this.#object.consume(parseInput(ConsumeRequest, spent)));
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
    return unwrap(await this.#object.usageOf(parseBucket(bucket)));
  }

  /** The configuration in force, and its version. */
  async config(): Promise<ConfigVersion> {
    return unwrap(await this.#object.config());
  }

  /** Replaces the configuration. */
  async configure(config: BudgetConfig, edit: Edit = {}): Promise<ConfigVersion> {
    return unwrap(await this.#object.configure(parseInput(ConfigRequest, config), edit));
  }

  /** Merges a patch into the configuration (RFC 7396). */
  async patchConfig(patch: ConfigPatch, edit: Edit = {}): Promise<ConfigVersion> {
    return unwrap(await this.#object.patchConfig(parseInput(ConfigPatch, patch), edit));
  }

  /** Every version of the configuration, a page at a time. */
  async configHistory(page: Partial<PageQuery> = {}): Promise<Page<ConfigVersion>> {
    return unwrap(await this.#object.configHistory(parseInput(PageQuery, page)));
  }

  /** What happened, a page at a time. */
  async ledger(query: Partial<LedgerQuery> = {}): Promise<Page<LedgerEntry>> {
    return unwrap(await this.#object.ledger(parseInput(LedgerQuery, query)));
  }

  /** Gives a bucket maxima of its own, until `expires_at` or for good. */
  async setLimits(bucket: BucketName, limits: OverrideRequest): Promise<UsageAnswer> {
    return unwrap(await this.#object.setLimits(parseBucket(bucket), parseInput(OverrideRequest, limits)));
  }

  /** Takes a bucket's own maxima away. */
  async clearLimits(bucket: BucketName): Promise<UsageAnswer> {
    return unwrap(await this.#object.clearLimits(parseBucket(bucket)));
  }

  /** Corrects a bucket's totals by a debit or a credit. */
  async adjust(bucket: BucketName, amount: AdjustRequest): Promise<UsageAnswer> {
    return unwrap(await this.#object.adjust(parseBucket(bucket), parseInput(AdjustRequest, amount)));
  }

  /** Sets a bucket's totals and windows to zero. */
  async reset(bucket: BucketName, note: NoteRequest = {}): Promise<UsageAnswer> {
    return unwrap(await this.#object.reset(parseBucket(bucket), parseInput(NoteRequest, note)));
  }

  /** Blocks a bucket's steps, until a time or until it is lifted. */
  async freeze(bucket: BucketName, freeze: FreezeRequest = {}): Promise<UsageAnswer> {
    return unwrap(await this.#object.freeze(parseBucket(bucket), parseInput(FreezeRequest, freeze)));
  }

  /** Lifts a freeze. */
  async unfreeze(bucket: BucketName, note: NoteRequest = {}): Promise<UsageAnswer> {
    return unwrap(await this.#object.unfreeze(parseBucket(bucket), parseInput(NoteRequest, note)));
  }

  /** Checked here and not in the constructor: a caller by RPC awaits the operation, not what leads to it. */
  get #object(): DurableObjectStub<TenantBudget> {
    return this.#namespace.getByName(parseId("tenant", this.#tenantId));
  }
}

function parseId(what: string, id: unknown): string {
  const parsed = Id.safeParse(id);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BudgetError({ code: "invalid_path", detail: `the ${what}'s id ${issue?.message}` });
}

function parseBucket({ scope, id }: BucketName): BucketKey {
  const ids = Array.isArray(id) ? id : [id];
  for (const part of ids) if (part !== null) parseId(scope, part);
  const key = keyNamed({ scope, id });
  if (key) return key;
  const detail =
    "a bucket is named by its scope (tenant, user, a label, or two to four of those joined by _and_) and an id: a " +
    "user's or a label's value, and for a joined scope a JSON array of one for each of its parts";
  throw new BudgetError({ code: "invalid_path", detail });
}

function unwrap<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  throw new BudgetError(answer.refusal);
}
