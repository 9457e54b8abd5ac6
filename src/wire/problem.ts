/** The problems of the API, and the error that carries one. */
import { z } from "zod";
import type { BudgetStatus } from "../core/index.ts";
import { DecisionResponse } from "./responses.ts";

/** Every problem, with its HTTP status and its title, which never change. */
export const PROBLEMS = {
  invalid_json: { status: 400, title: "Invalid JSON" },
  invalid_input: { status: 400, title: "Invalid input" },
  invalid_host: { status: 400, title: "Invalid Host header" },
  invalid_path: { status: 400, title: "Invalid path" },
  json_too_deep: { status: 400, title: "JSON nested too deeply" },
  unauthenticated: { status: 401, title: "Missing or invalid token" },
  token_expired: { status: 401, title: "Token expired" },
  token_revoked: { status: 401, title: "Token revoked" },
  forbidden: { status: 403, title: "Not allowed by the token" },
  not_found: { status: 404, title: "Route not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  body_too_large: { status: 413, title: "Body too large" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  precondition_failed: { status: 412, title: "Configuration changed" },
  sum_out_of_range: { status: 422, title: "Total out of range" },
  unknown_model: { status: 422, title: "Unknown model price" },
  limit_reached: { status: 429, title: "Limit reached" },
  budget_exhausted: { status: 402, title: "Budget exhausted" },
  reservation_share: { status: 429, title: "Reservation share exceeded" },
  too_many_reservations: { status: 429, title: "Too many open reservations" },
  unknown_bucket: { status: 404, title: "Bucket not found" },
  unknown_reservation: { status: 404, title: "Reservation not found" },
  already_settled: { status: 409, title: "Reservation already settled" },
  idempotency_mismatch: { status: 422, title: "Idempotency key reused" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Internal error" },
  not_configured: { status: 503, title: "Service not configured" },
  invalid_config: { status: 409, title: "Invalid stored configuration" },
  overloaded: { status: 503, title: "Tenant overloaded" },
  unavailable: { status: 503, title: "Tenant unavailable" },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field at fault. */
export interface FieldError {
  /** RFC 6901 pointer into the body; empty for the body itself. */
  readonly pointer: string;
  readonly detail: string;
}

/** Why a call was refused. A refused call has had no effect. */
export interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
  /** The fields at fault, up to 100. */
  readonly errors?: readonly FieldError[];
  /** How many more fields are at fault than `errors` lists. */
  readonly errors_omitted?: number;
  /** The decision that refused a reservation. */
  readonly decision?: BudgetStatus;
}

/** The object's answer. A refusal is an answer; only faults throw. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** How much of an input a refusal repeats: a response must not grow with the number of errors. */
const MAX_ERRORS = 100;
const MAX_POINTER_LENGTH = 256;
const MAX_DETAIL_LENGTH = 1000;

/**
 * Refuses an input. Lists the first hundred errors.
 *
 * @param omitted the number of errors that are not in `errors`
 */
export function inputRefusal(errors: readonly FieldError[], omitted = 0): Refusal {
  const listed = errors.slice(0, MAX_ERRORS).map(({ pointer, detail }) => ({
    pointer: shorten(pointer, MAX_POINTER_LENGTH),
    detail: shorten(detail, MAX_DETAIL_LENGTH),
  }));
  const [first] = listed;
  const detail = first ? `${first.pointer || "the body"} ${first.detail}` : "the input is not valid";
  return { code: "invalid_input", detail, errors: listed, ...omission(errors.length - listed.length + omitted) };
}

/** The same refusal with fewer errors listed. */
export function withFewerErrors(refusal: Refusal, max: number): Refusal {
  const { errors = [], errors_omitted = 0 } = refusal;
  if (errors.length <= max) return refusal;
  return { ...refusal, errors: errors.slice(0, max), ...omission(errors_omitted + errors.length - max) };
}

const omission = (count: number) => (count > 0 ? { errors_omitted: count } : {});

/** Shortens text that a caller sent, so that a response can repeat it. */
export function shorten(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength).toWellFormed()}…`;
}

/** A JSON pointer (RFC 6901). Long keys are shortened. */
export function pointerTo(path: readonly PropertyKey[]): string {
  const print = (key: PropertyKey) =>
    shorten(String(key), MAX_POINTER_LENGTH).replaceAll("~", "~0").replaceAll("/", "~1");
  return path.map((key) => `/${print(key)}`).join("");
}

/** The one error type of the service. It carries the contents of a problem document (RFC 9457). */
export class BudgetError extends Error {
  override name = "BudgetError";
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;
  readonly errorsOmitted: number | undefined;
  readonly decision: BudgetStatus | undefined;

  constructor({ code, detail, errors, errors_omitted, decision }: Refusal, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.errors = errors;
    this.errorsOmitted = errors_omitted;
    this.decision = decision;
  }

  get refusal(): Refusal {
    const { code, message: detail, errors, errorsOmitted, decision } = this;
    return {
      code,
      detail,
      ...(errors && { errors }),
      ...(errorsOmitted && { errors_omitted: errorsOmitted }),
      ...(decision && { decision }),
    };
  }
}

/** The caller's token does not allow the call. */
export function forbidden(detail: string): BudgetError {
  return new BudgetError({ code: "forbidden", detail });
}

/** A problem document (RFC 9457) with this service's own members. */
export const ProblemDocument = z
  .object({
    type: z.url().describe("The URL of a page about the problem."),
    title: z.string().describe("The problem, in a few words. It depends on `code` alone."),
    status: z.int().describe("The HTTP status."),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]).describe("For programs; it never changes."),
    detail: z.string().describe("What is wrong with this call, and what to do."),
    retryable: z.boolean().describe("Whether the same call can succeed later."),
    request_id: z.string().describe("The response's `X-Request-Id`, as the service's logs have it."),
    errors: z
      .array(
        z.object({
          pointer: z.string().describe("The field, as a JSON pointer (RFC 6901)."),
          detail: z.string().describe("What is wrong with it, and what it takes."),
        }),
      )
      .optional()
      .describe("The fields at fault, up to 100; for an operation of a batch, up to 10."),
    errors_omitted: z.int().min(1).optional().describe("How many more fields are at fault."),
    decision: DecisionResponse.optional().describe("The decision that refused a reservation."),
  })
  .meta({ id: "Problem", description: "Why a call failed (RFC 9457). It had no effect." });
