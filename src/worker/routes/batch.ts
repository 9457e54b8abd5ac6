import { BatchSchema } from "../../wire/answer-schemas.ts";
import { BatchRequest, parseInput } from "../../wire/index.ts";
import { guardRate } from "../access/rate-guard.ts";
import { batchLines, batchResult } from "../batch-results.ts";
import { contentType, jsonBody, MAX_BATCH_BYTES, NDJSON } from "../json-body.ts";
import { linesOf } from "../lines.ts";
import type { Route, RouteContext } from "../route.ts";
import { streamText } from "../stream-text.ts";
import { TENANT_PATH } from "./paths.ts";

const DECISION = { state: "ok", reason: null, limit: null, remaining: {}, retry_after: null };

/** Many operations in one call. */
export const BATCH_ROUTES: readonly Route[] = [
  {
    method: "post",
    path: `${TENANT_PATH}/batch`,
    scope: "any",
    operationId: "batch",
    tag: "Batch",
    summary: "Carry out many operations in order, in one commit",
    description:
      "Up to 1,000 of any kind, each with its own answer; a token's scope is asked for each. As `application/x-ndjson` any number of them, an operation a line in and an answer a line out, as they come.",
    body: {
      schema: BatchRequest,
      types: ["application/json", NDJSON],
      maxBytes: MAX_BATCH_BYTES,
      example: {
        operations: [
          { op: "consume", user_id: "alice", tokens_in: 700, tokens_out: 120, idempotency_key: "step-17" },
          { op: "allows_step", user_id: "bob" },
        ],
      },
    },
    answer: {
      types: ["application/json", NDJSON],
      description: "An answer for each operation, in order.",
      schema: BatchSchema,
      example: { results: [{ status: 200, body: DECISION }] },
    },
    handle: (c) => (contentType(c.req) === NDJSON ? streamBatch(c) : answerBatch(c)),
  },
];

async function answerBatch(c: RouteContext): Promise<Response> {
  const { operations } = parseInput(BatchRequest, await jsonBody(c.req, ["application/json", NDJSON]));
  // The call itself has been counted as one operation.
  if (c.var.grant && operations.length > 1) await guardRate(c.env, c.var.grant, operations.length - 1);
  const answers = await c.var.tenant.batch(operations);
  return c.json({ results: answers.map((answer, i) => batchResult(c, operations[i], answer)) });
}

function streamBatch(c: RouteContext): Response {
  const { body } = c.req.raw;
  const lines = body ? batchLines(c, linesOf(body)) : [];
  return c.body(streamText(lines), 200, { "content-type": NDJSON });
}
