import { type Answer, BudgetError, MAX_BATCH, withFewerErrors } from "../wire/index.ts";
import { guardRate } from "./access/rate-guard.ts";
import { requireUnrevoked } from "./access/revoked-tokens.ts";
import { parseJson } from "./json-body.ts";
import { problemDocument } from "./problems.ts";
import type { RouteContext } from "./route.ts";

/** How many errors an operation lists: a thousand of them are one answer. */
const MAX_ERRORS = 10;

/** What one operation's own call would have been answered with. */
export interface BatchResult {
  readonly status: number;
  readonly body: unknown;
}

/** Takes an object's answer to an operation to a status and a body. */
export function batchResult(c: RouteContext, item: unknown, answer: Answer<unknown>): BatchResult {
  if (answer.ok) return { status: isReserve(item) ? 201 : 200, body: answer.value };
  const body = problemDocument(c, withFewerErrors(answer.refusal, MAX_ERRORS));
  return { status: body.status, body };
}

function isReserve(item: unknown): boolean {
  return typeof item === "object" && item !== null && "op" in item && item.op === "reserve";
}

/**
 * Carries out a stream of operations, a line each (NDJSON), and answers each with a line, in order and as they come:
 * what has arrived together is committed together. A line that is no operation is refused in its place; what cannot
 * be read as lines at all ends the stream, with a line that says why.
 */
export async function* batchLines(c: RouteContext, lines: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  try {
    for await (const arrived of lines) {
      for (let start = 0; start < arrived.length; start += MAX_BATCH) {
        yield printLines(await answerLines(c, arrived.slice(start, start + MAX_BATCH)));
      }
    }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    yield printLines([batchResult(c, undefined, { ok: false, refusal: error.refusal })]);
  }
}

async function answerLines(c: RouteContext, lines: readonly string[]): Promise<BatchResult[]> {
  // A stream is one request, however much comes of it: its token can be revoked meanwhile, and each line counts.
  if (c.var.grant) {
    requireUnrevoked(c.var.grant);
    await guardRate(c.env, c.var.grant, lines.length);
  }
  const items = lines.map(readLine);
  const sent = items.filter((item) => !(item instanceof BudgetError));
  const answers = (sent.length === 0 ? [] : await c.var.tenant.batch(sent)).values();
  return items.map((item) => {
    const refusal = item instanceof BudgetError ? ({ ok: false, refusal: item.refusal } as const) : undefined;
    return batchResult(c, item, refusal ?? (answers.next().value as Answer<unknown>));
  });
}

function printLines(results: readonly BatchResult[]): string {
  return `${results.map((result) => JSON.stringify(result)).join("\n")}\n`;
}

function readLine(line: string): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    if (error instanceof BudgetError) return error;
    throw error;
  }
}
