/** The page of each problem: what it means and what to do. A document's `type` links to it. */
import { PROBLEMS, type ProblemCode, type Refusal } from "../wire/index.ts";

export interface ProblemPage {
  readonly means: string;
  readonly fix: string;
  readonly example: Omit<Refusal, "code">;
  /** If the same call can succeed later: `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

export const PROBLEM_PAGES: Readonly<Record<ProblemCode, ProblemPage>> = {
  invalid_json: {
    means: "The body is not JSON in UTF-8.",
    fix: "Send the output of a JSON serializer. `NaN`, trailing commas, comments and an empty body are not JSON.",
    example: { detail: "the body cannot be read as JSON in UTF-8: Unexpected end of JSON input" },
  },
  invalid_input: {
    means: "A field of the body or of the query is not valid. `errors` lists each one by its pointer.",
    fix: "Correct the fields in `errors`. Unknown fields are errors, too, so that a mistyped limit is never ignored.",
    example: {
      detail: "/tokens_in takes a whole number from 0 to 1000000000000",
      errors: [{ pointer: "/tokens_in", detail: "takes a whole number from 0 to 1000000000000" }],
    },
  },
  invalid_host: {
    means: "The `Host` header is not a host with an optional port. It could change the path of the request.",
    fix: "Send the host of the URL, as HTTP clients do by themselves.",
    example: { detail: "the Host header takes a host and an optional port, such as budget.example:8787" },
  },
  invalid_path: {
    means:
      "The path is not valid: it is not percent-encoded UTF-8; an id is empty, longer than 256 bytes, `.` or `..`; or a bucket's id does not match its scope.",
    fix: "Percent-encode each id on its own (`encodeURIComponent`).",
    example: { detail: "the user's id takes text of 1 to 256 bytes of UTF-8" },
  },
  json_too_deep: {
    means: "The body's objects and lists are nested deeper than any call needs.",
    fix: "Send the fields that the reference documents.",
    example: { detail: "the body is nested deeper than 16" },
  },
  unauthenticated: {
    means:
      "The call has no token, or one that cannot be read, is not signed by a key of this service, or has a missing or malformed claim.",
    fix: "Send `Authorization: Bearer TOKEN` with a token of this service. `detail` says what is wrong with this one.",
    example: { detail: "the token is not signed by a key of this service" },
  },
  token_expired: {
    means: "The token was valid and has expired.",
    fix: "Get a new token, and send the call again with it.",
    example: { detail: "the token expired at 2026-11-24T05:00:00.000Z" },
  },
  token_revoked: {
    means: "The token, or one that it was minted with, was revoked.",
    fix: "Get another token from whoever issued this one.",
    example: { detail: "this token was revoked" },
  },
  forbidden: {
    means:
      "The token is valid and does not allow this call: it lacks the scope, belongs to another tenant, is bound to another user or other labels, or cannot use one of the labels.",
    fix: "Use a token that allows the call. `detail` says what this one lacks.",
    example: { detail: "this call needs a token with the scope configure; this one has check, consume" },
  },
  not_found: {
    means: "There is no route at this path.",
    fix: "Compare the path with the reference at `/docs`.",
    example: { detail: "there is no route /v1/tenants/acme/consumed" },
  },
  method_not_allowed: {
    means: "The route does not take this method.",
    fix: "Use one of the methods in `Allow`.",
    example: { detail: "/v1/tenants/acme/consume takes POST, not GET" },
  },
  precondition_failed: {
    means: "The configuration has changed since the version in `If-Match`, so the edit was not made.",
    fix: "Get the configuration again, redo the edit on it, and send its new `ETag`.",
    example: { detail: "the configuration is at version 8" },
  },
  body_too_large: {
    means: "The body is larger than the call takes.",
    fix: "Send less in one call. docs/bounds.md lists the bounds.",
    example: { detail: "the body is larger than 65536 bytes" },
  },
  unsupported_media_type: {
    means: "The call does not take a body of this `Content-Type`.",
    fix: "Send `Content-Type: application/json`.",
    example: { detail: 'the content-type is "text/plain"; this call takes application/json' },
  },
  sum_out_of_range: {
    means:
      "The adjustment would take a total below zero, or above 2^53−1, where it is no longer exact. It was not made.",
    fix: "Check the amounts. A credit can be at most what was counted.",
    example: { detail: "this would take a total below zero" },
  },
  unknown_model: {
    means:
      "The call has a `model` and no `cost_usd`, the model has no known price, and a cost limit applies to the call. Nothing was reserved. A call that was made is always recorded, with an unknown cost.",
    fix: "Send `cost_usd`, or set the model's price under `prices` in the configuration. If the error suggests a name, check the spelling.",
    example: {
      detail: 'the model "my-model" has no known price: send cost_usd, or set the model\'s price in the configuration',
    },
  },
  limit_reached: {
    means:
      "Not enough is left under a limit now, but there will be when a window resets or another reservation ends. Nothing was reserved.",
    fix: "Wait for `Retry-After`, reserve less, or reserve with `if_short: cap` to get what is left. `decision` names the limit.",
    example: { detail: "not enough is left under max_tokens_per_day" },
  },
  budget_exhausted: {
    means: "Not enough is left under a limit, and waiting does not help. Nothing was reserved.",
    fix: "Reserve less, or have the limit raised. `decision` names the limit.",
    example: { detail: "not enough is left under max_tokens" },
  },
  reservation_share: {
    means:
      "A caller that is bound to a user or to labels would reserve more than its share (`max_reserved_share`) of what others leave of a limit. Nothing was reserved.",
    fix: "Commit or release some of the caller's reservations, reserve less, or reserve with `if_short: cap` to get what its share allows.",
    example: {
      detail:
        "the open reservations of one bound caller may hold up to 50% of what others leave of a limit; this would exceed it under max_tokens_per_day",
    },
    retryAfterSeconds: 10,
  },
  too_many_reservations: {
    means: "The tenant, or the bound caller, has as many open reservations as it can have.",
    fix: "Commit or release reservations when their calls are done, and use a shorter `ttl_seconds`.",
    example: { detail: "a tenant can have up to 20000 open reservations" },
    retryAfterSeconds: 1,
  },
  unknown_bucket: {
    means: "The scope has no overflow bucket, so there is nothing to adjust.",
    fix: "Adjust the subject's own bucket. A scope has an overflow bucket once it has reached `max_users`; the tenant's usage lists such scopes in `overflowing`.",
    example: { detail: "the scope user has no overflow bucket" },
  },
  unknown_reservation: {
    means:
      "There is no reservation with this id, or it is not the caller's, or it was settled so long ago that it is no longer kept.",
    fix: "Use the `id` that was returned for the reservation. If the call was made, report it with `consume`.",
    example: { detail: 'there is no reservation "01KAW00000000000000000000"' },
  },
  already_settled: {
    means: "The reservation was already committed in full, or it cannot be extended because it is not open.",
    fix: "Do nothing if this is a retry. With an idempotency key, a retry gets the first response again.",
    example: { detail: 'the reservation "01KAW00000000000000000000" is committed' },
  },
  idempotency_mismatch: {
    means: "The idempotency key was used before with a different request.",
    fix: "Use a new key for each request, and send the same body with it each time.",
    example: { detail: 'the idempotency key "k-1" was used for another request; use a new key for each request' },
  },
  rate_limited: {
    means:
      "Too many operations with this token or on this tenant; each operation of a batch counts. The call did not reach the tenant's budget.",
    fix: "Wait for `Retry-After`, and send fewer operations. `detail` has the limit.",
    example: { detail: "this token has sent more than 5000 operations in 10 seconds" },
    retryAfterSeconds: 10,
  },
  internal: {
    means: "The service failed unexpectedly. Its log has the error under the `request_id`.",
    fix: "Report it with the `request_id`.",
    example: { detail: "an unexpected error, which has been logged" },
  },
  not_configured: {
    means: "A variable or secret of the service is missing or not valid, so it refuses all calls below `/v1`.",
    fix: "The operator sets what `detail` names: `npx wrangler secret put NAME`.",
    example: {
      detail: "ADMIN_TOKEN is missing or not valid: it takes 32 or more random characters",
    },
    retryAfterSeconds: 60,
  },
  invalid_config: {
    means:
      "The tenant's stored configuration was valid once and no longer is, for example because its time zone was withdrawn. Calls that depend on it are refused; reading or replacing it, exporting, and deleting the tenant are not.",
    fix: "Send a valid configuration with `PUT config`, or correct the key that `detail` names with `PATCH config`.",
    example: {
      detail: "the stored configuration is not valid: timezone takes an IANA time zone, such as Europe/Berlin or UTC",
    },
  },
  overloaded: {
    means: "More calls are waiting for the tenant's object than it can take.",
    fix: "Wait for `Retry-After`, then call less often, or send several operations in one batch.",
    example: { detail: "too many calls are waiting for the tenant's object" },
    retryAfterSeconds: 2,
  },
  unavailable: {
    means:
      "The tenant's object was being restarted or moved, or its storage failed. Reads, and writes with an idempotency key, have already been retried.",
    fix: "Retry after `Retry-After`. Whether a write without an idempotency key took effect is not known; the ledger shows it.",
    example: { detail: "the tenant's object cannot be reached now" },
    retryAfterSeconds: 1,
  },
};

const CODES = Object.keys(PROBLEMS) as ProblemCode[];

/** A problem's page in HTML; undefined if there is no such code. */
export function problemPage(code: string): string | undefined {
  if (!Object.hasOwn(PROBLEM_PAGES, code)) return undefined;
  const { status, title } = PROBLEMS[code as ProblemCode];
  const { means, fix } = PROBLEM_PAGES[code as ProblemCode];
  const links = CODES.map((each) => `<a href="/problems/${each}">${each}</a>`).join(" · ");
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${code}: ${title}</title>
    <style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }</style>
  </head>
  <body>
    <h1>${title}</h1>
    <p><code>${code}</code>, HTTP ${status}</p>
    <p>${html(means)}</p>
    <h2>What to do</h2>
    <p>${html(fix)}</p>
    <hr />
    <p>${links}</p>
  </body>
</html>
`;
}

/** All pages in Markdown, for `docs/problems.md`. */
export function problemsMarkdown(): string {
  const sections = CODES.map((code) => {
    const { status, title } = PROBLEMS[code];
    const { means, fix, retryAfterSeconds } = PROBLEM_PAGES[code];
    const retry = retryAfterSeconds === undefined ? "" : " The same call can succeed later (`retryable`).";
    return `## ${code}\n\n${status} · ${title}\n\n${means}\n\n**What to do:** ${fix}${retry}\n`;
  });
  const intro = `# Problems

A refused call gets an \`application/problem+json\` document (RFC 9457). Programs should read its \`code\`, which never
changes. Its \`type\` is the URL of the page below, which the service serves at \`/problems/CODE\`. A refused call has
had no effect, except as described under \`unavailable\`.
`;
  return [intro, ...sections].join("\n");
}

/** Converts text with `code` to HTML. */
function html(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return escaped.replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}
