/**
 * What runs inside workerd: a Worker that takes one case per POST, drives a Durable Object of its own through it
 * by RPC, and answers with the run.
 */
import { type Consumption, ORIGINAL_RULES, type Rules, type StepRequest } from "../../src/core/index.ts";
import { TenantOperations } from "../../src/worker/tenant-operations.ts";
import { ClockedBudget } from "../clocked/clocked-budget.ts";
import type { Case } from "./case.ts";
import { type ClockedSubject, runCase } from "./run-case.ts";

interface ConformanceEnv {
  readonly BUDGET: DurableObjectNamespace<OriginalBudget>;
}

/** The object with the original's rules for evicting buckets. */
export class OriginalBudget extends ClockedBudget {
  protected override get rules(): Rules {
    return ORIGINAL_RULES;
  }
}

class ObjectSubject implements ClockedSubject {
  readonly #stub: DurableObjectStub<OriginalBudget>;
  readonly #operations: TenantOperations;

  constructor(namespace: DurableObjectNamespace<OriginalBudget>, name: string) {
    this.#stub = namespace.getByName(name);
    this.#operations = new TenantOperations(namespace, name);
  }

  setNow(epochMs: number): Promise<void> {
    return this.#stub.setNow(epochMs);
  }

  async open({ config, options }: Case): Promise<void> {
    // The original's defaults; in the service no bucket becomes idle by default.
    await this.#operations.configure({ max_users: 100_000, user_idle_ttl_seconds: 86_400, ...config, ...options });
  }

  allowsStep(step: StepRequest): Promise<unknown> {
    return this.#operations.allowsStep(step);
  }

  consume(spent: Consumption): Promise<unknown> {
    return this.#operations.consume(spent);
  }

  usageFor(userId: string | null): Promise<unknown> {
    return this.#operations.usageFor(userId);
  }
}

export default {
  async fetch(request, env) {
    const subject = new ObjectSubject(env.BUDGET, crypto.randomUUID());
    return Response.json(await runCase(await request.json<Case>(), subject));
  },
} satisfies ExportedHandler<ConformanceEnv>;
