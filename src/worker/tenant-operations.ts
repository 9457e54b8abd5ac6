import { RpcTarget } from "cloudflare:workers";
import { type BucketName, type BudgetConfig, TENANT, USER } from "../core/index.ts";
import type { TenantBudget } from "../tenant/index.ts";
import {
  type AdjustRequest,
  type AllowsStepRequest,
  type Answer,
  type AnswerOf,
  type AuditAnswer,
  BatchRequest,
  BudgetError,
  type Caller,
  type CommitRequest,
  type ConfigPatch,
  type ConfigVersion,
  type ConsumeRequest,
  type DecisionAnswer,
  type Edit,
  type ErasedAnswer,
  type ExportedRow,
  type ExtendRequest,
  type FreezeRequest,
  inputRefusal,
  type LedgerEntry,
  LedgerQuery,
  MAX_TOKEN_SECONDS,
  type MintedToken,
  type NoteRequest,
  type Operation,
  type OperationName,
  type OverrideRequest,
  type Page,
  PageQuery,
  parseInput,
  type ReleaseRequest,
  type ReservationAnswer,
  type ReservationDecision,
  ReservationsQuery,
  type ReserveRequest,
  type RevokedToken,
  type UsageAnswer,
  type Written,
} from "../wire/index.ts";
import { requireUnbound } from "./access/binding.ts";
import { callerOf, type Grant } from "./access/grant.ts";
import { rememberRevoked } from "./access/revoked-tokens.ts";
import { askObject } from "./object-call.ts";
import { prepareItem } from "./operations/batch.ts";
import { prepare } from "./operations/prepare.ts";
import { isRepeatable } from "./operations/repeatable.ts";
import { parseId } from "./path-ids.ts";
import { pseudonymOf } from "./pseudonym.ts";

/**
 * Every operation on one tenant, validated here and carried out by the tenant's object. HTTP routes call it,
 * and so do other Workers, by RPC, so that both get the same answers. Each throws `BudgetError` where the
 * input is not valid, the caller's token is bound to something else, or the object refuses.
 */
export class TenantOperations extends RpcTarget {
  readonly #namespace: DurableObjectNamespace<TenantBudget>;
  readonly #tenantId: string;
  readonly #grant: Grant | undefined;
  /** What of the grant the object has to know. */
  readonly #caller: Caller | undefined;

  /** @param grant what the caller's token allows; undefined for who may do everything */
  constructor(namespace: DurableObjectNamespace<TenantBudget>, tenantId: string, grant?: Grant) {
    super();
    this.#namespace = namespace;
    this.#tenantId = tenantId;
    this.#grant = grant;
    this.#caller = grant && callerOf(grant);
  }

  /** May this subject take the next step, and does what it may come to fit? */
  async allowsStep(step: AllowsStepRequest = {}): Promise<DecisionAnswer> {
    return this.#run(prepare.allowsStep(this.#caller, step));
  }

  /** Records what was spent and decides the step after it. */
  async consume(spent: ConsumeRequest): Promise<Written<DecisionAnswer>> {
    return this.#run(prepare.consume(this.#caller, spent));
  }

  /** Holds what a call may come to. */
  async reserve(request: ReserveRequest): Promise<Written<ReservationDecision>> {
    return this.#run(prepare.reserve(this.#caller, request));
  }

  /** Settles a reservation with what was really used; with `final: false` a part of it. */
  async commit(id: string, spent: CommitRequest): Promise<Written<ReservationDecision>> {
    return this.#run(prepare.commit(this.#caller, id, spent));
  }

  /** Gives back what a reservation holds. */
  async release(id: string, request: ReleaseRequest = {}): Promise<Written<ReservationAnswer>> {
    return this.#run(prepare.release(id, request));
  }

  /** Gives a reservation more to hold, or more time from now on. */
  async extend(id: string, request: ExtendRequest): Promise<Written<ReservationDecision>> {
    return this.#run(prepare.extend(id, request));
  }

  /** One reservation. */
  async reservation(id: string): Promise<ReservationAnswer> {
    return this.#run({ op: "reservation", id: parseId("reservation", id) });
  }

  /** Reservations, open and settled, a page at a time. */
  async reservations(query: Partial<ReservationsQuery> = {}): Promise<Page<ReservationAnswer, string>> {
    return this.#run({ op: "reservations", query: parseInput(ReservationsQuery, query) });
  }

  /**
   * Carries out up to 1,000 operations of any kind in order, in one commit.
   *
   * @param operations each as `{op, …}` with the fields of its call
   * @returns an answer for each, in order; a refusal is the operation's own
   */
  async batch(operations: readonly unknown[]): Promise<Answer<unknown>[]> {
    const items = parseInput(BatchRequest, { operations }).operations;
    const scopes = this.#grant?.scopes;
    const prepared = items.map((item) => prepareItem(this.#caller, (scope) => scopes?.has(scope) ?? true, item));
    const sent = prepared.flatMap((each) => ("operation" in each ? [each.operation] : []));
    const answers = sent.length === 0 ? [] : await this.#sendBatch(sent);
    const [first] = answers;
    // A token that does not hold any more holds for none of them.
    if (first && !first.ok && first.refusal.code === "token_revoked") throw new BudgetError(first.refusal);
    const next = answers.values();
    return prepared.map((each) => ("refusal" in each ? each.refusal : (next.next().value as Answer<unknown>)));
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
    return this.#run(prepare.usage(this.#caller, bucket));
  }

  /** The configuration in force, and its version. */
  async config(): Promise<ConfigVersion> {
    requireUnbound(this.#caller);
    return this.#run({ op: "config" });
  }

  /** Replaces the configuration. */
  async configure(config: BudgetConfig, edit: Edit = {}): Promise<Written<ConfigVersion>> {
    return this.#run(prepare.configure(this.#caller, config, edit));
  }

  /** Merges a patch into the configuration (RFC 7396). */
  async patchConfig(patch: ConfigPatch, edit: Edit = {}): Promise<Written<ConfigVersion>> {
    return this.#run(prepare.patchConfig(this.#caller, patch, edit));
  }

  /** Every version of the configuration, a page at a time. */
  async configHistory(page: Partial<PageQuery> = {}): Promise<Page<ConfigVersion>> {
    requireUnbound(this.#caller);
    return this.#run({ op: "config_history", query: parseInput(PageQuery, page) });
  }

  /** What happened, a page at a time: what fits every filter that is given. */
  async ledger(query: Partial<LedgerQuery> = {}): Promise<Page<LedgerEntry>> {
    requireUnbound(this.#caller);
    return this.#run({ op: "ledger", query: parseInput(LedgerQuery, query) });
  }

  /** Proves that the ledger adds up to the totals of every bucket. Reads all of it, and holds up all other calls. */
  async audit(): Promise<AuditAnswer> {
    requireUnbound(this.#caller);
    return this.#run({ op: "audit" });
  }

  /** Gives a bucket maxima of its own, until `expires_at` or for good. */
  async setLimits(bucket: BucketName, limits: OverrideRequest, edit: Edit = {}): Promise<Written<UsageAnswer>> {
    return this.#run(prepare.setLimits(this.#caller, bucket, limits, edit));
  }

  /** Takes a bucket's own maxima away. */
  async clearLimits(bucket: BucketName, edit: Edit = {}): Promise<Written<UsageAnswer>> {
    return this.#run(prepare.clearLimits(this.#caller, bucket, edit));
  }

  /** Corrects a bucket's totals by a debit or a credit. */
  async adjust(bucket: BucketName, amount: AdjustRequest): Promise<Written<UsageAnswer>> {
    return this.#run(prepare.adjust(this.#caller, bucket, amount));
  }

  /** Sets a bucket's totals and windows to zero. */
  async reset(bucket: BucketName, note: NoteRequest = {}): Promise<Written<UsageAnswer>> {
    return this.#run(prepare.reset(this.#caller, bucket, note));
  }

  /** Blocks a bucket's steps, until a time or until it is lifted. */
  async freeze(bucket: BucketName, freeze: FreezeRequest = {}): Promise<Written<UsageAnswer>> {
    return this.#run(prepare.freeze(this.#caller, bucket, freeze));
  }

  /** Lifts a freeze. */
  async unfreeze(bucket: BucketName, note: NoteRequest = {}): Promise<Written<UsageAnswer>> {
    return this.#run(prepare.unfreeze(this.#caller, bucket, note));
  }

  /** Forgets a person: their buckets go, and a pseudonym stands for their id in the ledger. Sums stay. */
  async eraseUser(userId: string): Promise<ErasedAnswer> {
    requireUnbound(this.#caller);
    const id = parseId("user", userId);
    return this.#run({ op: "erase_user", userId: id, pseudonym: await pseudonymOf(id) });
  }

  /**
   * Deletes all that is kept for the tenant.
   *
   * @param confirm the tenant's id, once more
   */
  async eraseTenant(confirm: string): Promise<{ readonly erased: true }> {
    requireUnbound(this.#caller);
    if (confirm !== this.#tenantId) {
      const detail = "takes the tenant's id, to confirm that all of it shall be deleted";
      throw new BudgetError(inputRefusal([{ pointer: "/confirm", detail }]));
    }
    return this.#run({ op: "erase_tenant" });
  }

  /** All that is stored for the tenant, as it is stored, a page at a time. */
  async export(after = ""): Promise<Page<ExportedRow, string>> {
    requireUnbound(this.#caller);
    return this.#run({ op: "export", after });
  }

  /** Records that a token is minted. Refused if the caller's own was revoked. */
  async mintToken(token: MintedToken): Promise<void> {
    await this.#run({ op: "mint_token", ...token });
  }

  /** Revokes a token at once, and for as long as any token lives. */
  async revokeToken(jti: string): Promise<RevokedToken> {
    requireUnbound(this.#caller);
    const forgetAtMs = Date.now() + (MAX_TOKEN_SECONDS + DAY_SECONDS) * 1000;
    const revoked = await this.#run({ op: "revoke_token", jti: parseId("token", jti), forgetAtMs });
    rememberRevoked(this.#tenantId, revoked.jti);
    return revoked;
  }

  #run<K extends OperationName>(operation: Operation<K>): Promise<AnswerOf<K>> {
    // What a stub answers loses its type parameter on the way.
    const send = async (object: DurableObjectStub<TenantBudget>) =>
      (await object.run(operation, this.#caller)) as unknown as Answer<AnswerOf<K>>;
    return this.#ask(send, isRepeatable(operation));
  }

  #sendBatch(operations: readonly Operation[]): Promise<Answer<unknown>[]> {
    const send = async (object: DurableObjectStub<TenantBudget>): Promise<Answer<Answer<unknown>[]>> => {
      return { ok: true, value: (await object.batch(operations, this.#caller)) as Answer<unknown>[] };
    };
    return this.#ask(send, operations.every(isRepeatable));
  }

  /** The tenant's id is checked here and not in the constructor: by RPC, it is the operation that is awaited. */
  async #ask<T>(
    operation: (object: DurableObjectStub<TenantBudget>) => Promise<Answer<T>>,
    isSafe: boolean,
  ): Promise<T> {
    try {
      return await askObject(this.#namespace, parseId("tenant", this.#tenantId), operation, isSafe);
    } catch (error) {
      const isRevoked = error instanceof BudgetError && error.code === "token_revoked";
      if (isRevoked && this.#caller?.jti != null) rememberRevoked(this.#tenantId, this.#caller.jti);
      throw error;
    }
  }
}

const DAY_SECONDS = 86_400;
