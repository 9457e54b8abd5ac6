/** The route of batches: many operations in one call, or in a stream. */
import { BatchRequest, MAX_BATCH, parseInput } from "../../operations/index.ts";
import { type Answer, BatchResponse, BudgetError, isObject, withFewerErrors } from "../../wire/index.ts";
import { guardRate } from "../access/rate-guard.ts";
import { requireUnrevoked } from "../access/revoked-tokens.ts";
import { printNdjson, streamText } from "../export.ts";
import { contentType, jsonBody, MAX_BATCH_BYTES, NDJSON, parseJson } from "../json-body.ts";
import { linesOf } from "../lines.ts";
import { problemDocument } from "../problems.ts";
import { type Route, type RouteContext, TENANT_PATH } from "../route.ts";

const DECISION = { state: "ok", reason: null, limit: null, remaining: {}, retry_after: null };

export const BATCH_ROUTES: readonly Route[] = [
  {
    method: "post",
    path: `${TENANT_PATH}/batch`,
    scope: "any",
    operationId: "batch",
    tag: "Batch",
    summary: "Run a batch of operations",
    description:
      "Runs up to 1,000 operations in order, in one commit, and returns a result for each. As `application/x-ndjson`, a request can stream any number of operations, one on each line, and the response streams the results.",
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
      description: "One result for each operation, in order.",
      schema: BatchResponse,
      example: { results: [{ status: 200, body: DECISION }] },
    },
    handle: (c) => (contentType(c.req) === NDJSON ? streamBatch(c) : answerBatch(c)),
  },
];

async function answerBatch(c: RouteContext): Promise<Response> {
  const { operations } = parseInput(BatchRequest, await jsonBody(c.req, ["application/json", NDJSON]));
  // The call itself was already counted as one operation.
  if (c.var.grant && operations.length > 1) await guardRate(c.env, c.var.grant, operations.length - 1);
  const answers = await c.var.tenant.batch(operations);
  return c.json({ results: answers.map((answer, i) => resultOf(c, operations[i], answer)) });
}

function streamBatch(c: RouteContext): Response {
  const { body } = c.req.raw;
  const lines = body ? batchLines(c, linesOf(body)) : [];
  return c.body(streamText(lines), 200, { "content-type": NDJSON });
}

/** The status and body that the operation would have had as a call of its own. */
interface BatchResult {
  readonly status: number;
  readonly body: unknown;
}

/** The most errors in one result, since a thousand operations share a response. */
const MAX_ERRORS = 10;

function resultOf(c: RouteContext, item: unknown, answer: Answer<unknown>): BatchResult {
  if (answer.ok) return { status: isObject(item) && item.op === "reserve" ? 201 : 200, body: answer.value };
  const body = problemDocument(c, withFewerErrors(answer.refusal, MAX_ERRORS));
  return { status: body.status, body };
}

/**
 * Runs a stream of operations (NDJSON) and yields a line with the result of each, in order. Lines that arrive together
 * are committed together. A line that is not an operation has a refusal as its result. If the stream cannot be split
 * into lines, a last line with the refusal ends the response.
 */
async function* batchLines(c: RouteContext, lines: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  try {
    for await (const arrived of lines) {
      for (let start = 0; start < arrived.length; start += MAX_BATCH) {
        const results = await resultsOf(c, arrived.slice(start, start + MAX_BATCH));
        yield results.map(printNdjson).join("");
      }
    }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    yield printNdjson(resultOf(c, undefined, { ok: false, refusal: error.refusal }));
  }
}

async function resultsOf(c: RouteContext, lines: readonly string[]): Promise<BatchResult[]> {
  // A stream is authenticated once, but its token can be revoked meanwhile, and each line counts as an operation.
  if (c.var.grant) {
    requireUnrevoked(c.var.grant);
    await guardRate(c.env, c.var.grant, lines.length);
  }
  const items = lines.map(readLine);
  const sent = items.filter((item) => !(item instanceof BudgetError));
  const answers = (sent.length === 0 ? [] : await c.var.tenant.batch(sent)).values();
  return items.map((item) => {
    const refusal = item instanceof BudgetError ? ({ ok: false, refusal: item.refusal } as const) : undefined;
    return resultOf(c, item, refusal ?? (answers.next().value as Answer<unknown>));
  });
}

function readLine(line: string): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    if (error instanceof BudgetError) return error;
    throw error;
  }
}
