/**
 * What every answer has, whatever was asked: headers, and problem documents that agree with them. The tests check this
 * on requests that somebody wrote down; here it is checked on malformed HTTP that goes over a socket.
 */
import type { FuzzAnswer, FuzzRequest } from "./exchange.ts";
import { readAnswer, typeOf } from "./read-answer.ts";

const PROBLEM = "application/problem+json";

interface Problem {
  readonly type?: unknown;
  readonly status?: unknown;
  readonly code?: unknown;
  readonly retryable?: unknown;
  readonly request_id?: unknown;
}

/** What is wrong with an answer, a line for each fault. */
export function protocolFaults(request: FuzzRequest, answer: FuzzAnswer): string[] {
  const { status, headers, text } = answer;
  const faults = headerFaults(request, answer);
  if (request.method === "HEAD") return [...faults, ...expect(text === "", "HEAD has a body")];
  const type = typeOf(headers["content-type"]);
  let body: unknown;
  try {
    body = readAnswer(answer);
  } catch {
    return [...faults, `the body is not ${type}`];
  }
  const isRefusal = type === PROBLEM;
  return [
    ...faults,
    ...expect(isRefusal === status >= 400, `${status} has the type ${type || "none"}`),
    ...(isRefusal ? problemFaults(Object(body), answer) : []),
  ];
}

function headerFaults({ headers: sent }: FuzzRequest, { status, headers }: FuzzAnswer): string[] {
  const id = sent["x-request-id"];
  const isTaken = id === undefined || !/^[\w.:/+=@-]{1,128}$/.test(id) || headers["x-request-id"] === id;
  return [
    ...expect(headers["x-request-id"] !== undefined && isTaken, "x-request-id is missing, or not the request's"),
    ...expect(headers["cache-control"] === "no-store", "cache-control is not no-store"),
    ...expect(
      (status === 401) === (headers["www-authenticate"] !== undefined),
      "401 without WWW-Authenticate, or with another status",
    ),
    ...expect(status !== 405 || headers.allow !== undefined, "405 without Allow"),
  ];
}

function problemFaults({ type, status, code, retryable, request_id }: Problem, answer: FuzzAnswer): string[] {
  const { headers } = answer;
  return [
    ...expect(status === answer.status, "a problem's status is not the answer's"),
    ...expect(request_id === headers["x-request-id"], "a problem's request_id is not the answer's"),
    ...expect(type === "about:blank" || `${type}`.endsWith(`/problems/${code}`), "a problem's type is not its code's"),
    ...expect(retryable === (headers["retry-after"] !== undefined), "retryable without Retry-After, or the reverse"),
  ];
}

function expect(isTrue: boolean, fault: string): string[] {
  return isTrue ? [] : [fault];
}
