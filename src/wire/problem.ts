import type { BudgetStatus } from "../core/index.ts";

/** What can be wrong with a call, each with its HTTP status and a title that never changes. */
export const PROBLEMS = {
  invalid_json: { status: 400, title: "The body is not valid JSON" },
  invalid_input: { status: 400, title: "The input is not valid" },
  invalid_path: { status: 400, title: "The path is not valid" },
  json_too_deep: { status: 400, title: "The body is nested too deep" },
  unauthenticated: { status: 401, title: "The call carries no valid token" },
  token_expired: { status: 401, title: "The token has expired" },
  token_revoked: { status: 401, title: "The token is revoked" },
  forbidden: { status: 403, title: "The token does not allow this call" },
  not_found: { status: 404, title: "There is no such route" },
  method_not_allowed: { status: 405, title: "The route does not take this method" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body's type is not supported" },
  precondition_failed: { status: 412, title: "The configuration has changed in the meantime" },
  sum_out_of_range: { status: 422, title: "A total would leave its range" },
  unknown_model: { status: 422, title: "The model has no known price" },
  limit_reached: { status: 429, title: "A limit has no room for this now" },
  budget_exhausted: { status: 402, title: "No time makes room for this under a limit" },
  too_many_reservations: { status: 429, title: "The tenant has too many reservations open" },
  unknown_reservation: { status: 404, title: "There is no such reservation" },
  already_settled: { status: 409, title: "The reservation is settled" },
  idempotency_mismatch: { status: 422, title: "The idempotency key was used for another request" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "The service failed" },
  not_configured: { status: 503, title: "The service is not configured" },
  invalid_config: { status: 409, title: "Stored configuration not valid" },
  overloaded: { status: 503, title: "The tenant's object is overloaded" },
  unavailable: { status: 503, title: "The tenant's object is not available" },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field at fault. */
export interface FieldError {
  /** RFC 6901 pointer into the body; empty for the body itself. */
  readonly pointer: string;
  readonly detail: string;
}

/** Why a call was not carried out. Nothing of it has taken effect. */
export interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  /** Of a refused reservation: the decision that it was refused by. */
  readonly decision?: BudgetStatus;
}

/** Refuses an input for what is wrong with its fields. */
export function inputRefusal(errors: readonly FieldError[]): Refusal {
  const [first] = errors;
  const detail = first ? `${first.pointer || "the body"} ${first.detail}` : "the input is not valid";
  return { code: "invalid_input", detail, errors };
}

/** Prints a JSON pointer (RFC 6901). */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The one error of the service's edge. It carries all that a problem document (RFC 9457) tells. */
export class BudgetError extends Error {
  override name = "BudgetError";
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;
  readonly decision: BudgetStatus | undefined;

  constructor({ code, detail, errors, decision }: Refusal, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.errors = errors;
    this.decision = decision;
  }

  /** What it tells, as an answer. */
  get refusal(): Refusal {
    const { code, message: detail, errors, decision } = this;
    return { code, detail, ...(errors && { errors }), ...(decision && { decision }) };
  }
}
