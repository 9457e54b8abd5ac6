import { PROBLEMS, type ProblemCode, type Refusal } from "../wire/index.ts";

/** What a problem's page tells. */
export interface ProblemPage {
  readonly means: string;
  readonly fix: string;
  readonly example: Omit<Refusal, "code">;
  /** Where the same call can be made again: after how long, for `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** One page a problem; the compiler asks for one when a code is added. */
export const PROBLEM_PAGES: Readonly<Record<ProblemCode, ProblemPage>> = {
  invalid_json: {
    means: "The body cannot be read as JSON in UTF-8.",
    fix: "Send what a JSON printer made. `NaN`, trailing commas and comments are not JSON; an empty body is not either.",
    example: { detail: "the body cannot be read as JSON in UTF-8: Unexpected end of JSON input" },
  },
  invalid_input: {
    means: "A field of the body, or of the query, is not what the call takes. `errors` lists each one by its pointer.",
    fix: "Correct the fields named in `errors`. A field that the call does not know is an error too, so that a mistyped limit is never taken silently.",
    example: {
      detail: "/tokens_in takes a whole number from 0 to 1000000000000",
      errors: [{ pointer: "/tokens_in", detail: "takes a whole number from 0 to 1000000000000" }],
    },
  },
  invalid_host: {
    means:
      "The header `Host` is not a host with an optional port. It could change the path that the call seems to ask for.",
    fix: "Send the host of the URL, as every client does by itself.",
    example: { detail: "the Host header takes a host and an optional port, such as budget.example:8787" },
  },
  invalid_path: {
    means:
      "The path cannot be read: it is not percent-encoded UTF-8, an id is empty, longer than 256 bytes, `.` or `..`, or a bucket's scope and id do not fit each other.",
    fix: "Percent-encode each id by itself (`encodeURIComponent`).",
    example: { detail: "the user's id takes text of 1 to 256 bytes of UTF-8" },
  },
  json_too_deep: {
    means: "The body's objects and lists are nested deeper than any call needs.",
    fix: "Send the call's fields as they are documented.",
    example: { detail: "the body is nested deeper than 16" },
  },
  unauthenticated: {
    means:
      "The call has no token, or one that cannot be read, is not signed by a key of this service, or has a claim that is missing or malformed.",
    fix: "Send `Authorization: Bearer TOKEN` with a token of this service. `detail` says what is wrong with this one.",
    example: { detail: "the token is not signed by a key of this service" },
  },
  token_expired: {
    means: "The token is genuine, and has expired.",
    fix: "Get a new token from where this one came from, and send the call again with it.",
    example: { detail: "the token expired at 2026-11-24T05:00:00.000Z" },
  },
  token_revoked: {
    means: "The token, or one that it was minted with, was revoked. It is not valid any more, whatever it says.",
    fix: "Ask whoever gave it out for another.",
    example: { detail: "this token was revoked" },
  },
  forbidden: {
    means:
      "The token is valid, and does not allow this call: its scope lacks what the call needs, it is another tenant's, it is bound to another user or other labels, or it may not name one of the labels.",
    fix: "Use a token that allows the call. `detail` says what this one lacks.",
    example: { detail: "this call needs a token with the scope configure; this one has check, consume" },
  },
  not_found: {
    means: "There is no such route.",
    fix: "Compare the path with the reference at `/docs`.",
    example: { detail: "there is no route /v1/tenants/acme/consumed" },
  },
  method_not_allowed: {
    means: "The route exists, and does not take this method.",
    fix: "Use one of the methods that `Allow` lists.",
    example: { detail: "/v1/tenants/acme/consume takes POST, not GET" },
  },
  precondition_failed: {
    means: "The configuration has changed since the version that `If-Match` names, so the edit was not made.",
    fix: "Read the configuration again, make the edit from what it is now, and send its new `ETag`.",
    example: { detail: "the configuration is at version 8" },
  },
  body_too_large: {
    means: "The body is larger than the call takes.",
    fix: "Send less in one call. The bounds are in docs/bounds.md.",
    example: { detail: "a body takes up to 65536 bytes" },
  },
  unsupported_media_type: {
    means: "The body's `Content-Type` is not one that the call takes.",
    fix: "Send `Content-Type: application/json`.",
    example: { detail: 'the content-type is "text/plain"; this call takes application/json' },
  },
  sum_out_of_range: {
    means:
      "The adjustment would take a total below zero or past 2^53−1, above which it is not exact. It was not recorded.",
    fix: "Check the amounts. A credit takes at most what was counted.",
    example: { detail: "this would take a total below zero" },
  },
  unknown_model: {
    means: "The call has a `model` and no `cost_usd`, and nobody knows the model's price. Nothing was recorded.",
    fix: "Send `cost_usd`, or set the model's price under `prices` in the configuration.",
    example: {
      detail: 'the model "my-model" has no known price: send cost_usd, or set the model\'s price in the configuration',
    },
  },
  limit_reached: {
    means:
      "A reservation does not fit under a limit now. A window that ends, or a reservation that does, will make room. Nothing is held.",
    fix: "Wait for `Retry-After`, ask for less, or reserve with `if_short: cap` to hold what is left. `decision` tells the limit.",
    example: { detail: "max_tokens_per_day does not hold this any more" },
  },
  budget_exhausted: {
    means: "A reservation does not fit under a limit that no time will lift. Nothing is held.",
    fix: "Ask for less, or have the limit raised. `decision` tells the limit.",
    example: { detail: "max_tokens does not hold this any more" },
  },
  reservation_share: {
    means:
      "A caller that is bound to a user or to labels would keep more than its share of what others leave of a limit (`max_reserved_share`). Nothing is held.",
    fix: "Commit or release some of its reservations, ask for less, or reserve with `if_short: cap` to hold what its share allows.",
    example: {
      detail:
        "open reservations of one bound caller keep up to 50% of what others leave of a limit, and this is more of max_tokens_per_day",
    },
    retryAfterSeconds: 10,
  },
  too_many_reservations: {
    means: "The tenant has as many reservations open as a tenant can have.",
    fix: "Commit or release what is done, and reserve for shorter times.",
    example: { detail: "a tenant has up to 20000 open at once" },
    retryAfterSeconds: 1,
  },
  unknown_bucket: {
    means: "The scope has no overflow bucket, so there is nothing to correct.",
    fix: "Correct the subject's own bucket. A scope has an overflow bucket once it has reached `max_users`; the tenant's usage lists such scopes as `overflowing`.",
    example: { detail: "the scope user has no overflow bucket" },
  },
  unknown_reservation: {
    means:
      "There is no reservation of this id, or it is not the caller's, or it was settled so long ago that it is not kept.",
    fix: "Use the `id` that the reservation was answered with. What was spent all the same goes to `consume`.",
    example: { detail: 'there is no reservation "01KAW00000000000000000000"' },
  },
  already_settled: {
    means: "The reservation was committed in full before, or it cannot be extended because it is not open.",
    fix: "Nothing, if this is a second attempt: send an idempotency key with each, and the first answer comes again.",
    example: { detail: 'the reservation "01KAW00000000000000000000" is committed' },
  },
  idempotency_mismatch: {
    means: "The idempotency key came before with a request that differs from this one.",
    fix: "Give each request a key of its own, and send the same body with it each time.",
    example: { detail: 'the idempotency key "k-1" was used for another request; a new request takes a key of its own' },
  },
  rate_limited: {
    means:
      "Operations with this token, or on this tenant, come faster than the service takes them; each one in a batch counts. The call did not reach the tenant's budget.",
    fix: "Wait for `Retry-After`, and send fewer operations. `detail` says how many fit.",
    example: { detail: "this token sends more operations than the 5000 that it may in 10 seconds" },
    retryAfterSeconds: 10,
  },
  internal: {
    means: "A fault of the service's own. It is in the logs, under the `request_id`.",
    fix: "Report it with the `request_id`.",
    example: { detail: "an unexpected failure, which has been logged" },
  },
  not_configured: {
    means: "The service has not been given its secrets, so it serves nothing below `/v1`.",
    fix: "Its operator sets what `detail` names: `npx wrangler secret put NAME`.",
    example: { detail: "ADMIN_TOKEN is not set: set it to 32 or more characters that nobody can guess" },
    retryAfterSeconds: 60,
  },
  invalid_config: {
    means:
      "The tenant's stored configuration was valid once and is no longer, such as after a time zone was withdrawn. Calls that need it are refused; those that read or replace it, export, or delete the tenant are not.",
    fix: "Send a valid configuration with `PUT config`, or correct the key that is named with `PATCH config`.",
    example: {
      detail: "the stored configuration is not valid: timezone takes an IANA time zone, such as Europe/Berlin or UTC",
    },
  },
  overloaded: {
    means: "The tenant's object has more calls waiting than it can take.",
    fix: "Wait for `Retry-After`, then call again, less often. Send several operations in one call where there are many.",
    example: { detail: "the tenant's object has too many calls waiting" },
    retryAfterSeconds: 2,
  },
  unavailable: {
    means:
      "The tenant's object was being restarted or moved, or its storage failed. Reads, and writes that carry an idempotency key, were already tried again.",
    fix: "Call again after `Retry-After`. Whether a write without an idempotency key took effect is not known: the ledger tells.",
    example: { detail: "the tenant's object cannot be reached now" },
    retryAfterSeconds: 1,
  },
};

const CODES = Object.keys(PROBLEMS) as ProblemCode[];

/** A problem's page in HTML; undefined where there is no such problem. */
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

/** All of them in Markdown, as `docs/problems.md` has them. */
export function problemsMarkdown(): string {
  const sections = CODES.map((code) => {
    const { status, title } = PROBLEMS[code];
    const { means, fix, retryAfterSeconds } = PROBLEM_PAGES[code];
    const retry = retryAfterSeconds === undefined ? "" : " The same call can be made again (`retryable`).";
    return `## ${code}\n\n${status} · ${title}\n\n${means}\n\n**What to do:** ${fix}${retry}\n`;
  });
  const intro = `# Problems

What is refused gets an \`application/problem+json\` (RFC 9457). A program goes by its \`code\`, which never changes;
its \`type\` leads to the page below that the service itself serves, at \`/problems/CODE\`. Nothing of a refused call
has taken effect, with the one exception that \`unavailable\` tells.
`;
  return [intro, ...sections].join("\n");
}

/** Text with `code` in it, as HTML. */
function html(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return escaped.replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}
