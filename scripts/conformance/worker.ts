/**
 * What runs inside workerd: a Worker that takes one case per POST, drives a Durable Object of its own through it
 * by RPC, and answers with the run.
 */
import { type Consumption, ORIGINAL_RULES, type Rules, type StepRequest } from "../../src/core/index.ts";
import type { Answer } from "../../src/wire/index.ts";
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

  constructor(stub: DurableObjectStub<OriginalBudget>) {
    this.#stub = stub;
  }

  setNow(epochMs: number): Promise<void> {
    return this.#stub.setNow(epochMs);
  }

  async open({ config, options }: Case): Promise<void> {
    // The original's defaults; the object's own keep an idle user for ever.
    valueIn(await this.#stub.configure({ max_users: 100_000, user_idle_ttl_seconds: 86_400, ...config, ...options }));
  }

  async allowsStep(step: StepRequest): Promise<unknown> {
    return valueIn(await this.#stub.allowsStep(step));
  }

  async consume(spent: Consumption): Promise<unknown> {
    return valueIn(await this.#stub.consume(spent));
  }

  async usageFor(userId: string | null): Promise<unknown> {
    return valueIn(await this.#stub.usageFor(userId));
  }
}

function valueIn<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new Error(`refused, ${answer.refusal.code}: ${answer.refusal.detail}`);
  return answer.value;
}

export default {
  async fetch(request, env) {
    const stub = env.BUDGET.getByName(crypto.randomUUID());
    return Response.json(await runCase(await request.json<Case>(), new ObjectSubject(stub)));
  },
} satisfies ExportedHandler<ConformanceEnv>;
