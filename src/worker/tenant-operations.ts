/** Every operation on a tenant, for HTTP routes and for other Workers. */
import { RpcTarget } from "cloudflare:workers";
import { type BucketName, TENANT, USER } from "../core/index.ts";
import {
  BatchRequest,
  type InputOf,
  isRepeatable,
  type Operation,
  type OperationName,
  type OutputOf,
  type Permissions,
  parseBatchItem,
  parseInput,
  parseOperation,
} from "../operations/index.ts";
import type { TenantBudget } from "../tenant/index.ts";
import { type Answer, BudgetError, Id, inputRefusal } from "../wire/index.ts";
import { type Grant, permissionsOf } from "./access/grant.ts";
import { rememberRevoked } from "./access/revoked-tokens.ts";
import { callObject } from "./object-call.ts";

type Result<K extends OperationName> = Promise<OutputOf<K>>;
type Request<K extends OperationName> = InputOf<K> extends { readonly request: infer R } ? R : never;
type Query<K extends OperationName> = InputOf<K> extends { readonly query: infer Q } ? Q : never;
type Edit = InputOf<"configure">["edit"];

/**
 * Parses each operation and has the tenant's object run it. HTTP routes and, by RPC, other Workers use the same methods,
 * so both get the same answers. `OPERATIONS` describes each operation. A method throws `BudgetError` if its input is not
 * valid, the caller lacks the permission, or the object refuses.
 */
export class TenantOperations extends RpcTarget {
  readonly #namespace: DurableObjectNamespace<TenantBudget>;
  readonly #tenantId: string;
  readonly #permissions: Permissions | undefined;

  /** @param grant the grant of the caller's token; undefined for the operator and for other Workers */
  constructor(namespace: DurableObjectNamespace<TenantBudget>, tenantId: string, grant?: Grant) {
    super();
    this.#namespace = namespace;
    this.#tenantId = tenantId;
    this.#permissions = grant && permissionsOf(grant);
  }

  async allowsStep(request: Request<"allows_step"> = {}): Result<"allows_step"> {
    return this.#run("allows_step", { request });
  }

  async consume(request: Request<"consume">): Result<"consume"> {
    return this.#run("consume", { request });
  }

  async quote(request: Request<"quote">): Result<"quote"> {
    return this.#run("quote", { request });
  }

  async reserve(request: Request<"reserve">): Result<"reserve"> {
    return this.#run("reserve", { request });
  }

  async commit(id: string, request: Request<"commit">): Result<"commit"> {
    return this.#run("commit", { id, request });
  }

  async release(id: string, request: Request<"release"> = {}): Result<"release"> {
    return this.#run("release", { id, request });
  }

  async extend(id: string, request: Request<"extend">): Result<"extend"> {
    return this.#run("extend", { id, request });
  }

  async reservation(id: string): Result<"reservation"> {
    return this.#run("reservation", { id });
  }

  async reservations(query: Query<"reservations"> = {}): Result<"reservations"> {
    return this.#run("reservations", { query });
  }

  /**
   * Runs up to 1,000 operations in order, in one commit.
   *
   * @param operations each as `{op, …}` with the fields of its call
   * @returns an answer for each operation, in order
   */
  async batch(operations: readonly unknown[]): Promise<Answer<unknown>[]> {
    const items = parseInput(BatchRequest, { operations }).operations.map((item) => this.#parseItem(item));
    const sent = items.flatMap((item) => ("op" in item ? [item] : []));
    const answers = sent.length === 0 ? [] : await this.#sendBatch(sent);
    const [first] = answers;
    // A revoked token is refused as a whole, not once for each operation.
    if (first && !first.ok && first.refusal.code === "token_revoked") throw new BudgetError(first.refusal);
    const next = answers.values();
    return items.map((item) => ("op" in item ? (next.next().value as Answer<unknown>) : item));
  }

  async usage(): Result<"usage"> {
    return this.usageOf({ scope: TENANT, id: null });
  }

  /** @param userId null for the anonymous user */
  async usageFor(userId: string | null = null): Result<"usage"> {
    return this.usageOf({ scope: USER, id: userId });
  }

  async usageOf(bucket: BucketName): Result<"usage"> {
    return this.#run("usage", { bucket });
  }

  async setLimits(bucket: BucketName, limits: InputOf<"set_limits">["limits"], edit: Edit = {}): Result<"set_limits"> {
    return this.#run("set_limits", { bucket, limits, edit });
  }

  async clearLimits(bucket: BucketName, edit: Edit = {}): Result<"clear_limits"> {
    return this.#run("clear_limits", { bucket, edit });
  }

  async adjust(bucket: BucketName, request: Request<"adjust">): Result<"adjust"> {
    return this.#run("adjust", { bucket, request });
  }

  async reset(bucket: BucketName, request: Request<"reset"> = {}): Result<"reset"> {
    return this.#run("reset", { bucket, request });
  }

  async freeze(bucket: BucketName, request: Request<"freeze"> = {}): Result<"freeze"> {
    return this.#run("freeze", { bucket, request });
  }

  async unfreeze(bucket: BucketName, request: Request<"unfreeze"> = {}): Result<"unfreeze"> {
    return this.#run("unfreeze", { bucket, request });
  }

  async config(): Result<"config"> {
    return this.#run("config", {});
  }

  async configure(config: InputOf<"configure">["config"], edit: Edit = {}): Result<"configure"> {
    return this.#run("configure", { config, edit });
  }

  async patchConfig(patch: InputOf<"patch_config">["patch"], edit: Edit = {}): Result<"patch_config"> {
    return this.#run("patch_config", { patch, edit });
  }

  async configHistory(query: Query<"config_history"> = {}): Result<"config_history"> {
    return this.#run("config_history", { query });
  }

  async ledger(query: Query<"ledger"> = {}): Result<"ledger"> {
    return this.#run("ledger", { query });
  }

  async audit(): Result<"audit"> {
    return this.#run("audit", {});
  }

  async eraseUser(id: string): Result<"erase_user"> {
    return this.#run("erase_user", { id, pseudonym: newPseudonym() });
  }

  /** @param confirm the tenant's id, again */
  async eraseTenant(confirm: string): Result<"erase_tenant"> {
    const operation = parseOperation("erase_tenant", {}, this.#permissions);
    if (confirm === this.#tenantId) return this.#send(operation);
    const detail = "takes the tenant's id, to confirm that everything stored for it will be deleted";
    throw new BudgetError(inputRefusal([{ pointer: "/confirm", detail }]));
  }

  /** @param after the `next` of the previous page */
  async export(after = ""): Result<"export"> {
    return this.#run("export", { query: { after } });
  }

  async mintToken(token: InputOf<"mint_token">["token"]): Result<"mint_token"> {
    return this.#run("mint_token", { token });
  }

  async revokeToken(id: string): Result<"revoke_token"> {
    const revoked = await this.#run("revoke_token", { id });
    rememberRevoked(this.#tenantId, revoked.jti);
    return revoked;
  }

  async #run<K extends OperationName>(op: K, input: InputOf<K>): Result<K> {
    return this.#send(parseOperation(op, input, this.#permissions));
  }

  #send<K extends OperationName>(operation: Operation<K>): Result<K> {
    // A stub's methods lose their type parameters.
    const send = async (object: DurableObjectStub<TenantBudget>) =>
      (await object.run(operation, this.#permissions?.caller)) as unknown as Answer<OutputOf<K>>;
    return this.#call(send, isRepeatable(operation));
  }

  #sendBatch(operations: readonly Operation[]): Promise<Answer<unknown>[]> {
    const send = async (object: DurableObjectStub<TenantBudget>): Promise<Answer<Answer<unknown>[]>> => {
      return { ok: true, value: (await object.batch(operations, this.#permissions?.caller)) as Answer<unknown>[] };
    };
    return this.#call(send, operations.every(isRepeatable));
  }

  /** An operation of a batch, or its refusal. */
  #parseItem(item: unknown): Operation | Answer<never> {
    try {
      return parseBatchItem(item, this.#permissions);
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error;
      return { ok: false, refusal: error.refusal };
    }
  }

  /** Checks the tenant's id here, not in the constructor: by RPC, callers await the operation. */
  async #call<T>(
    operation: (object: DurableObjectStub<TenantBudget>) => Promise<Answer<T>>,
    isRepeatable: boolean,
  ): Promise<T> {
    try {
      return await callObject(this.#namespace, requireTenantId(this.#tenantId), operation, isRepeatable);
    } catch (error) {
      const isRevoked = error instanceof BudgetError && error.code === "token_revoked";
      const jti = this.#permissions?.caller.jti ?? null;
      if (isRevoked && jti !== null) rememberRevoked(this.#tenantId, jti);
      throw error;
    }
  }
}

/** @throws BudgetError `invalid_path` if the tenant's id is not valid */
export function requireTenantId(id: unknown): string {
  const { data, error } = Id.safeParse(id);
  if (data !== undefined) return data;
  throw new BudgetError({ code: "invalid_path", detail: `the tenant's id ${error?.issues[0]?.message}` });
}

/** A random pseudonym for an erased user, so that nobody can compute it from the id. */
function newPseudonym(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `erased-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
