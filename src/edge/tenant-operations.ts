import { RpcTarget } from "cloudflare:workers";
import type { BudgetConfig } from "../core/index.ts";
import type { TenantBudget } from "../tenant/index.ts";
import {
  AllowsStepRequest,
  type Answer,
  BudgetError,
  type ConfigAnswer,
  ConfigRequest,
  ConsumeRequest,
  type DecisionAnswer,
  Id,
  parseInput,
  type TenantUsageAnswer,
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

  /** May this user take the next step? */
  async allowsStep(step: AllowsStepRequest = {}): Promise<DecisionAnswer> {
    return unwrap(await this.#object.allowsStep(parseInput(AllowsStepRequest, step)));
  }

  /** Records what was spent and decides the step after it. */
  async consume(spent: ConsumeRequest): Promise<DecisionAnswer> {
    return unwrap(await this.#object.consume(parseInput(ConsumeRequest, spent)));
  }

  /** The tenant's totals. */
  async usage(): Promise<TenantUsageAnswer> {
    return unwrap(await this.#object.usage());
  }

  /** A user's totals; null or nothing asks for the anonymous user's. */
  async usageFor(userId: string | null = null): Promise<UsageAnswer> {
    return unwrap(await this.#object.usageFor(userId === null ? null : parseId("user", userId)));
  }

  /** The configuration in force. */
  async config(): Promise<ConfigAnswer> {
    return unwrap(await this.#object.config());
  }

  /** Replaces the configuration. */
  async configure(config: BudgetConfig): Promise<ConfigAnswer> {
    return unwrap(await this.#object.configure(parseInput(ConfigRequest, config)));
  }

  /** Checked here and not in the constructor: a caller by RPC awaits the operation, not what leads to it. */
  get #object(): DurableObjectStub<TenantBudget> {
    return this.#namespace.getByName(parseId("tenant", this.#tenantId));
  }
}

function parseId(what: "tenant" | "user", id: unknown): string {
  const parsed = Id.safeParse(id);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BudgetError({ code: "invalid_path", detail: `the ${what}'s id ${issue?.message}` });
}

function unwrap<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  throw new BudgetError(answer.refusal);
}
