/** What a call can fail with. */
import type { ProblemDocument } from "./problem-document.ts";

/** A call that did not succeed. The message names the method, the URL and the reason. */
export class CallError extends Error {
  override name = "CallError";
}

/**
 * The service refused the call with a problem document. The call has had no effect, except perhaps when `code` is
 * `internal` or `unavailable`.
 */
export class ProblemError extends CallError {
  override name = "ProblemError";
  /** The whole document, with the fields at fault and the decision if there are any. */
  readonly problem: ProblemDocument;
  /** Seconds to wait before the call can succeed, from `Retry-After`; undefined if a retry would not help. */
  readonly retryAfterSeconds: number | undefined;

  constructor(call: string, problem: ProblemDocument, retryAfterSeconds: number | undefined) {
    super(`${call} answered ${problem.status} ${problem.code}: ${problem.detail}`);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** What was wrong, for programs; `/problems/CODE` of the service explains it. */
  get code(): string {
    return this.problem.code;
  }

  /** The HTTP status, 400 to 599. */
  get status(): number {
    return this.problem.status;
  }

  /** What was wrong, for people. */
  get detail(): string {
    return this.problem.detail;
  }

  /** The id under which the service has logged the call. */
  get requestId(): string {
    return this.problem.request_id;
  }
}

/**
 * No complete answer came in time. The call may have taken effect: of calls that write, only one with an idempotency
 * key is safe to repeat.
 */
export class UnansweredError extends CallError {
  override name = "UnansweredError";
}

/** An answer that is not the service's: neither JSON of a success nor a problem document, such as a proxy's page. */
export class UnexpectedAnswerError extends CallError {
  override name = "UnexpectedAnswerError";
  /** The HTTP status, 200 to 599. */
  readonly status: number;
  /** The body as text. */
  readonly body: string;

  constructor(call: string, status: number, body: string) {
    super(`${call} answered ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }
}
