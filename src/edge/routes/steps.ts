import { ConsumeAnswerSchema, DecisionAnswerSchema } from "../../wire/answer-schemas.ts";
import { AllowsStepRequest, ConsumeRequest } from "../../wire/index.ts";
import { IDEMPOTENCY_HEADER, withIdempotencyKey } from "../idempotency.ts";
import { jsonBody } from "../json-body.ts";
import type { Route } from "../route.ts";
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
    answer: { description: "The decision.", schema: DecisionAnswerSchema, example: OK },
    problems: ["unknown_model"],
    handle: async (c) => c.json(await c.var.tenant.allowsStep(await jsonBody(c.req))),
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
    answer: { description: "The decision for the next step.", schema: ConsumeAnswerSchema, example: WARN },
    problems: ["sum_out_of_range", "unknown_model", "idempotency_mismatch"],
    handle: async (c) => c.json(await c.var.tenant.consume(withIdempotencyKey(c.req, await jsonBody(c.req)))),
  },
];
