import type { StepRequest } from "../../core/index.ts";
import { ConsumeAnswerSchema, DecisionAnswerSchema } from "../../wire/answer-schemas.ts";
import { AllowsStepRequest, ConsumeRequest, type DecisionAnswer } from "../../wire/index.ts";
import { isBound } from "../access/binding.ts";
import { IDEMPOTENCY_HEADER, withIdempotencyKey } from "../idempotency.ts";
import { jsonBody } from "../json-body.ts";
import { LIMIT_FIELDS, rateLimitFields } from "../rate-limit-fields.ts";
import type { Route, RouteContext } from "../route.ts";
import { TENANT_PATH } from "./paths.ts";

const OK = { state: "ok", reason: null, limit: null, remaining: { tokens: 1000 }, retry_after: null };
const WARN = { ...OK, state: "warn", reason: "tokens at 82%", limit: "max_tokens", remaining: { tokens: 180 } };

/** What an agent calls at each step. */
export const STEP_ROUTES: readonly Route[] = [
  {
    method: "post",
    path: `${TENANT_PATH}/allows-step`,
    scope: "check",
    operationId: "allowsStep",
    tag: "Steps",
    summary: "May the next step be taken?",
    description:
      "Decides and records nothing. With an estimate, that has to fit as well. The answer is 200 whatever the decision is.",
    body: { schema: AllowsStepRequest, example: { user_id: "alice", labels: { run: "r-17" } } },
    answer: { description: "The decision.", schema: DecisionAnswerSchema, example: OK, headers: LIMIT_FIELDS },
    problems: ["unknown_model"],
    handle: (c) => decide(c, (step) => c.get("tenant").allowsStep(step)),
  },
  {
    method: "post",
    path: `${TENANT_PATH}/consume`,
    scope: "consume",
    operationId: "consume",
    tag: "Steps",
    summary: "Record what a step came to",
    description: "Answers the decision for the step after it, so that an agent needs one call a step.",
    body: {
      schema: ConsumeRequest,
      example: { user_id: "alice", tokens_in: 700, tokens_out: 120, cost_usd: 0.31 },
    },
    headers: IDEMPOTENCY_HEADER,
    answer: {
      description: "The decision for the next step.",
      schema: ConsumeAnswerSchema,
      example: WARN,
      headers: LIMIT_FIELDS,
    },
    problems: ["unknown_model", "idempotency_mismatch"],
    handle: (c) => decide(c, (spent) => c.get("tenant").consume(spent)),
  },
];

/**
 * Answers a decision, with the fields that tell the limit that binds. To find that one, every limit is asked for, also
 * where the caller did not ask. Not so for a bound caller, who may not see them, nor under an idempotency key, whose
 * request and answer are kept as they were sent.
 */
async function decide<S extends StepRequest>(
  c: RouteContext,
  operation: (step: S) => Promise<DecisionAnswer>,
): Promise<Response> {
  const step = withIdempotencyKey(c.req, await jsonBody<S>(c.req));
  const isAsked = !isObject(step) || step.detail !== undefined || "idempotency_key" in step || isBound(c.get("grant"));
  const decision = await operation(isAsked ? step : { ...step, detail: true });
  c.set("decision", decision.state);
  const fields = rateLimitFields(decision, Date.now());
  if (isAsked) return c.json(decision, 200, fields);
  const { limits: _, ...short } = decision;
  return c.json(short, 200, fields);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
