/** A request that must be refused: what is wrong with it, and what it gets. `T` in a path is a tenant's path. */
export interface BadRequest {
  readonly wrong: string;
  readonly request: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly type?: string | null;
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
  consume("tokens of null", { tokens_in: null }, "/tokens_in"),
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
  { ...consume("an estimate where none is taken", { tokens_in: 5 }, "/tokens_in"), request: "POST T/allows-step" },
  { ...consume("a number as the user", { user_id: 0 }, "/user_id"), request: "POST T/allows-step" },
  config("an unknown metric", { max_tokenz: 5 }, "/max_tokenz"),
  config("an unknown scope", { per_planet_max_tokens: 5 }, "/per_planet_max_tokens"),
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

export function requestInit({ request, body, type = JSON_TYPE }: BadRequest): RequestInit {
  const [method] = request.split(" ");
  return {
    method,
    ...(type && body !== undefined && { headers: { "content-type": type } }),
    ...(body !== undefined && { body }),
  };
}
