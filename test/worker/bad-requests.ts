/** Requests that must be refused, and the problem that each gets. */

/** A request that must be refused: what is wrong with it, and what it gets. `T` in a path is a tenant's path. */
export interface BadRequest {
  readonly wrong: string;
  readonly request: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly type?: string | null;
  readonly ifMatch?: string;
  readonly status: number;
  readonly code: string;
  /** Of the first field at fault. */
  readonly pointer?: string;
}

const JSON_TYPE = "application/json";
const consume = (wrong: string, body: unknown, pointer: string): BadRequest => ({
  wrong,
  request: "POST T/consume",
  body: typeof body === "string" ? body : JSON.stringify(body),
  status: 400,
  code: "invalid_input",
  pointer,
});
const config = (wrong: string, body: unknown, pointer: string): BadRequest => ({
  ...consume(wrong, body, pointer),
  request: "PUT T/config",
});
const path = (wrong: string, request: string, status: number, code: string): BadRequest => ({
  wrong,
  request,
  ...(request.startsWith("GET") ? {} : { body: "{}" }),
  status,
  code,
});

export const BAD_REQUESTS: readonly BadRequest[] = [
  consume("negative tokens", { tokens_in: -1 }, "/tokens_in"),
  consume("fractional tokens", { tokens_out: 1.5 }, "/tokens_out"),
  consume("tokens as text", { tokens_in: "12" }, "/tokens_in"),
  consume("a label of null", { labels: { team: null } }, "/labels/team"),
  consume("tokens of true", { tokens_in: true }, "/tokens_in"),
  consume("tokens past what a call can use", { tokens_in: 1e13 }, "/tokens_in"),
  consume("tokens past 2^53", '{"tokens_out": 9007199254740993}', "/tokens_out"),
  consume("infinite tokens", '{"tokens_in": 1e400}', "/tokens_in"),
  consume("a negative cost", { cost_usd: -0.01 }, "/cost_usd"),
  consume("an absurd cost", { cost_usd: 1_000_001 }, "/cost_usd"),
  consume("an infinite cost", '{"cost_usd": 1e999}', "/cost_usd"),
  consume("a cost as text", { cost_usd: "0.5" }, "/cost_usd"),
  consume("an unknown field", { tokens_inn: 5 }, "/tokens_inn"),
  consume("an unknown field with a slash and a tilde", { "a/b~c": 5 }, "/a~1b~0c"),
  consume("a field __proto__", '{"__proto__": {"tokens_in": 5}}', "/__proto__"),
  consume("an empty user id", { user_id: "" }, "/user_id"),
  consume("a user id of 257 bytes", { user_id: "x".repeat(257) }, "/user_id"),
  consume("a user id of 129 letters in 258 bytes", { user_id: "é".repeat(129) }, "/user_id"),
  consume("a user id with a lone surrogate", '{"user_id": "\\ud800"}', "/user_id"),
  consume("a user id that is a number", { user_id: 7 }, "/user_id"),
  consume("a user id that is a list", { user_id: ["alice"] }, "/user_id"),
  consume("a list as the body", [], ""),
  consume("text as the body", '"consume"', ""),
  consume("null as the body", "null", ""),
  consume("cache reads beyond the input", { tokens_in: 5, cache_read_input_tokens: 6 }, "/cache_read_input_tokens"),
  consume("reasoning beyond the output", { tokens_out: 5, reasoning_output_tokens: 6 }, "/reasoning_output_tokens"),
  consume("nine labels", { labels: Object.fromEntries([..."abcdefghi"].map((l) => [l, "x"])) }, "/labels"),
  consume("a label's name in capitals", { labels: { Model: "m" } }, "/labels/Model"),
  consume("a label named user", { labels: { user: "alice" } }, "/labels/user"),
  consume("a label __proto__", '{"labels": {"__proto__": "x"}}', "/labels/__proto__"),
  consume("an empty label", { labels: { model: "" } }, "/labels/model"),
  consume("a label that is a number", { labels: { model: 5 } }, "/labels/model"),
  consume("labels as a list", { labels: ["model"] }, "/labels"),
  { ...consume("an estimate where none is taken", { tokens_in: 5 }, "/tokens_in"), request: "POST T/allows-step" },
  { ...consume("a number as the user", { user_id: 0 }, "/user_id"), request: "POST T/allows-step" },
  config("an unknown metric", { max_tokenz: 5 }, "/max_tokenz"),
  config("a scope that names a part twice", { per_user_and_user_max_tokens: 5 }, "/per_user_and_user_max_tokens"),
  config("an unknown window", { max_tokens_per_fortnight: 5 }, "/max_tokens_per_fortnight"),
  config("a window of a wall clock", { max_wall_clock_per_day: 5 }, "/max_wall_clock_per_day"),
  config("two names of one limit", { per_a_and_b_max_calls: 1, per_b_and_a_max_calls: 2 }, "/per_b_and_a_max_calls"),
  config("an unknown time zone", { timezone: "Mars/Olympus" }, "/timezone"),
  config("a billing day that February lacks", { month_starts_on: 31 }, "/month_starts_on"),
  config("a shadow of no limit", { shadow_limits: ["max_tokens"] }, "/shadow_limits"),
  config(
    "a shadow that is no text, nor can become any",
    { shadow_limits: [{ toString: 1, valueOf: 1 }] },
    "/shadow_limits",
  ),
  config("a mistyped price", { prices: { m: { input_usd: 1, outptu_usd: 2 } } }, "/prices"),
  config("a key that is neither limit nor setting", { limit: 5 }, "/limit"),
  config("a key __proto__", '{"__proto__": 5}', "/__proto__"),
  config("a negative limit", { max_tokens: -5 }, "/max_tokens"),
  config("a fractional limit of calls", { max_calls: 0.5 }, "/max_calls"),
  config("a limit as text", { max_cost_usd: "5 USD" }, "/max_cost_usd"),
  config("a warning beyond the whole", { soft_warning_at: 80 }, "/soft_warning_at"),
  config("a bound of no users", { max_users: 0 }, "/max_users"),
  config("a negative idle time", { user_idle_ttl_seconds: -1 }, "/user_idle_ttl_seconds"),
  config("a list as the configuration", [], ""),
  config("text as the configuration", '"max_tokens"', ""),
  { wrong: "broken JSON", request: "POST T/consume", body: '{"tokens_in": 5', status: 400, code: "invalid_json" },
  {
    wrong: "NaN, which JSON has not",
    request: "POST T/consume",
    body: '{"cost_usd": NaN}',
    status: 400,
    code: "invalid_json",
  },
  { wrong: "an empty body", request: "POST T/consume", body: "", status: 400, code: "invalid_json" },
  {
    wrong: "a body that is not UTF-8",
    request: "POST T/consume",
    body: new Uint8Array([0x7b, 0xff, 0x7d]),
    status: 400,
    code: "invalid_json",
  },
  {
    wrong: "a body over 64 KiB",
    request: "POST T/consume",
    body: " ".repeat(65_537),
    status: 413,
    code: "body_too_large",
  },
  {
    wrong: "a body over 64 KiB that says it is lines, where none are taken",
    request: "POST T/tenant/reset",
    body: " ".repeat(65_537),
    type: "application/x-ndjson",
    status: 413,
    code: "body_too_large",
  },
  {
    wrong: "a form instead of JSON",
    request: "POST T/consume",
    body: "tokens_in=5",
    type: "application/x-www-form-urlencoded",
    status: 415,
    code: "unsupported_media_type",
  },
  {
    wrong: "no content type",
    request: "POST T/consume",
    body: "{}",
    type: null,
    status: 415,
    code: "unsupported_media_type",
  },
  {
    wrong: "an edit of a version that is gone",
    request: "PUT T/config",
    body: '{"max_tokens": 5}',
    ifMatch: '"v7"',
    status: 412,
    code: "precondition_failed",
  },
  { ...config("a patch that leaves a bad limit", { max_tokens: "5" }, "/max_tokens"), request: "PATCH T/config" },
  {
    ...config("an override that names a scope", { per_user_max_calls: 5 }, "/per_user_max_calls"),
    request: "PUT T/users/alice/limits",
  },
  {
    ...config("an override that ended", { max_calls: 5, expires_at: "2020-01-01T00:00:00Z" }, "/expires_at"),
    request: "PUT T/users/alice/limits",
  },
  {
    ...config("a time without its offset", { max_calls: 5, expires_at: "2030-01-01 00:00" }, "/expires_at"),
    request: "PUT T/users/alice/limits",
  },
  { ...consume("a correction without a reason", { tokens_in: -5 }, "/note"), request: "POST T/users/alice/adjust" },
  {
    wrong: "a credit of more than was spent",
    request: "POST T/users/alice/adjust",
    body: '{"tokens_in": -5, "note": "refund"}',
    status: 422,
    code: "sum_out_of_range",
  },
  {
    ...consume("a freeze until yesterday", { until: "2020-01-01T00:00:00Z" }, "/until"),
    request: "POST T/tenant/freeze",
  },
  path("a scope that is none", "GET T/buckets/Model/x/usage", 400, "invalid_path"),
  path("one id for a scope of two", "GET T/buckets/user_and_model/alice/usage", 400, "invalid_path"),
  path("a page of nothing", "GET T/ledger?limit=0", 400, "invalid_input"),
  path("an unknown route", "GET T/nothing", 404, "not_found"),
  path("no tenant", "GET /v1/tenants/", 404, "not_found"),
  path("GET where POST is meant", "GET T/consume", 405, "method_not_allowed"),
  path("DELETE of a configuration", "DELETE T/config", 405, "method_not_allowed"),
  path("a path that is not UTF-8", "GET T/users/%FF/usage", 400, "invalid_path"),
  path("a user id of 257 bytes in the path", `GET T/users/${"x".repeat(257)}/usage`, 400, "invalid_path"),
  path("a tenant id of 257 bytes", `POST /v1/tenants/${"x".repeat(257)}/consume`, 400, "invalid_path"),
];

/** Prints a request short enough for a table. */
export function printRequest({ request, body }: BadRequest): string {
  const shorten = (text: string) => (text.length > 48 ? `${text.slice(0, 40)}… (${text.length})` : text);
  const printed = typeof body === "string" ? shorten(body) : body && `bytes ${[...body].join(" ")}`;
  return printed === undefined ? shorten(request) : `${shorten(request)} ${printed}`.trimEnd();
}

export function requestInit({ request, body, type = JSON_TYPE, ifMatch }: BadRequest): RequestInit {
  const [method] = request.split(" ");
  const headers = {
    ...(type && body !== undefined && { "content-type": type }),
    ...(ifMatch && { "if-match": ifMatch }),
  };
  return { method, headers, ...(body !== undefined && { body }) };
}
