/** The routes that an agent calls at each step. */
import type { StepRequest } from "../../core/index.ts";
import { isBound } from "../../operations/index.ts";
import { type DecisionResponse, isObject } from "../../wire/index.ts";
import { jsonBody } from "../json-body.ts";
import { LIMIT_FIELDS, rateLimitFields } from "../rate-limit-fields.ts";
import { type Route, type RouteContext, routeOf, TENANT_PATH } from "../route.ts";
import { IDEMPOTENCY_HEADER, withIdempotencyKey } from "../write-headers.ts";

const OK = { state: "ok", reason: null, limit: null, remaining: { tokens: 1000 }, retry_after: null };
const WARN = { ...OK, state: "warn", reason: "tokens at 82%", limit: "max_tokens", remaining: { tokens: 180 } };

export const STEP_ROUTES: readonly Route[] = [
  routeOf("allows_step", {
    method: "post",
    path: `${TENANT_PATH}/allows-step`,
    operationId: "allowsStep",
    tag: "Steps",
    description:
      "Records nothing. An estimate, if sent, has to fit within what is left. Returns 200 even if the step is blocked.",
    body: { example: { user_id: "alice", labels: { run: "r-17" } } },
    answer: { description: "The decision.", example: OK, headers: LIMIT_FIELDS },
    problems: ["unknown_model"],
    handle: (c) => decide(c, (step) => c.get("tenant").allowsStep(step)),
  }),
  routeOf("consume", {
    method: "post",
    path: `${TENANT_PATH}/consume`,
    operationId: "consume",
    tag: "Steps",
    description:
      "Also returns the decision for the next step, so that an agent needs only one call for each step. If the `model` has no known price, tokens and calls count, and the response is `unpriced`.",
    body: { example: { user_id: "alice", tokens_in: 700, tokens_out: 120, cost_usd: 0.31 } },
    headers: IDEMPOTENCY_HEADER,
    answer: {
      description: "The decision for the next step.",
      example: { ...WARN, cost_usd: 0.31 },
      headers: LIMIT_FIELDS,
    },
    problems: ["idempotency_mismatch"],
    handle: (c) => decide(c, (spent) => c.get("tenant").consume(spent)),
  }),
  routeOf("quote", {
    method: "post",
    path: `${TENANT_PATH}/quote`,
    operationId: "quote",
    tag: "Steps",
    description: "Returns the cost that `consume` would count for the same usage. Records nothing.",
    body: { example: { model: "gpt-4o-mini", tokens_in: 700, tokens_out: 120 } },
    answer: {
      description: "The cost, and the price that it follows from.",
      example: {
        cost_usd: 0.000177,
        price: { source: "openai/gpt-4o-mini", rates: { input_mtok: 0.15, output_mtok: 0.6 } },
      },
    },
    problems: ["unknown_model"],
    handle: async (c) => c.json(await c.var.tenant.quote(await jsonBody(c.req))),
  }),
];

/**
 * Responds with a decision and its `RateLimit` fields. To find the tightest limit, it requests all limits with `detail`,
 * except for a bound caller, who cannot see them, and with an idempotency key, under which the request and its answer
 * are stored as sent.
 */
async function decide<S extends StepRequest>(
  c: RouteContext,
  operation: (step: S) => Promise<DecisionResponse>,
): Promise<Response> {
  const step = withIdempotencyKey(c.req, await jsonBody<S>(c.req));
  const isSentAsIs = !isObject(step) || isSent(step.detail) || isSent(step.idempotency_key) || isBound(c.get("grant"));
  const decision = await operation(isSentAsIs ? step : { ...step, detail: true });
  c.set("decision", decision.state);
  const fields = rateLimitFields(decision, Date.now());
  if (isSentAsIs) return c.json(decision, 200, fields);
  const { limits: _, ...short } = decision;
  return c.json(short, 200, fields);
}

function isSent(field: unknown): boolean {
  return field !== undefined && field !== null;
}
