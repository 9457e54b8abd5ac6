/** Breaks valid requests in their method, path, query, headers or body. */
import type { Dice } from "../crash/dice.ts";
import { NDJSON } from "./batch.ts";
import { batchOperation } from "./bodies.ts";
import type { FuzzRequest } from "./exchange.ts";
import { garbage, garbageLines, tooLong } from "./garbage.ts";
import { mutate, NASTY_STRINGS, printJson } from "./nasty.ts";
import { pick } from "./pick.ts";
import type { Subject } from "./subject.ts";

/** Registered methods: a server may refuse any other before the service sees it. */
const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "PROPFIND",
  "QUERY",
  "MKCOL",
] as const;

const CONTENT_TYPES = [
  "application/json; charset=utf-8",
  "APPLICATION/JSON",
  "application/json;;",
  "application/jsonx",
  "application/merge-patch+json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain",
  NDJSON,
  "",
  "\u00e9",
] as const;

/** Segments of a path, as they are sent; ASCII only, since workerd itself refuses others. */
const SEGMENTS = [
  "",
  ".",
  "..",
  "%2e%2e",
  "%2F",
  "a%2Fb",
  "..%2f..",
  "%00",
  "a%00b",
  "%ff",
  "%C0%AF",
  "%ED%A0%80",
  "%",
  "%zz",
  "%25",
  "%F0%9F%92%B8",
  "a;b=c",
  "a+b",
  "*",
  ":tenant",
  "{id}",
  "a%20b",
  "%5B%22a%22%5D",
  "%5B",
  "%5Bnull%5D",
  "__proto__",
  "constructor",
  "user_and_user",
  "a".repeat(257),
  "a".repeat(8000),
] as const;

const UNKNOWN_PATHS = [
  "/",
  "//",
  "/v1",
  "/v1/",
  "/v1/tenants",
  "/v1/tenants//usage",
  "/v2/tenants/a/usage",
  "/V1/tenants/a/usage",
  "/health/",
  "//health",
  "/.env",
  "/problems/",
  "/openapi.json/x",
  "/favicon.ico",
  "/docs/../health",
  "/%76%31/tenants/a/usage",
] as const;

const QUERIES = [
  "?",
  "?__proto__=1",
  "?limit=1e400",
  "?limit=-1",
  "?limit=",
  "?limit=1.5",
  "?limit=1&limit=2",
  "?after=99999999999999999999",
  "?after=%00",
  "?kind=nothing",
  "?user_id=%ff",
  "?user_id=%ED%A0%80",
  "?label=__proto__:x",
  "?label=:",
  "?since=2026-02-30T00:00:00Z",
  "?until=yesterday",
  "?state=held&state=x",
  "?format=xml",
  `?x=${"y".repeat(5000)}`,
  "?%",
  "?a[b]=c&=d",
] as const;

const HEADERS: readonly ((dice: Dice, subject: Subject) => [string, string])[] = [
  (_, { key }) => ["idempotency-key", key],
  (dice) => [
    "idempotency-key",
    pick(dice, ["", '"', '""', "a".repeat(256), "a".repeat(257), "\u00e9\u00ff", "\u00ff".repeat(256)]),
  ],
  (dice) => ["if-match", pick(dice, ["*", '"v0"', '"v1"', 'W/"v1"', "v1", '"v99999999999999999999"', ",,", "\u00e9"])],
  (dice) => [
    "traceparent",
    pick(dice, ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-0-0-0", "x".repeat(4000)]),
  ],
  (dice) => ["x-request-id", pick(dice, ["a", "my-id:1", "", "a b", "a".repeat(129), "\u00e9", '"><script>'])],
  (dice) => ["origin", pick(dice, ["https://app.example", "https://evil.example", "null", "\u00e9", "x".repeat(3000)])],
  (_, { note }) => ["from", `ops+${note}@example.com`],
  (dice) => ["from", pick(dice, ["", "\u00e9".repeat(300), "a".repeat(5000)])],
  (dice) => ["content-encoding", pick(dice, ["gzip", "br", "identity", "x"])],
  (dice) => ["accept", pick(dice, ["text/html", "application/xml", "*/*;q=0", "\u00e9"])],
  (dice) => ["host", pick(dice, ["evil.example", "evil host", "a:99999", "[::1", "%"])],
  (dice) => ["content-type", pick(dice, CONTENT_TYPES)],
  (dice) => ["cookie", "a=b; ".repeat(dice.int(1, 500))],
  (dice) => ["range", pick(dice, ["bytes=0-1", "bytes=-1", "x"])],
  () => ["x-http-method-override", "DELETE"],
  () => ["upgrade-insecure-requests", "1"],
  () => ["access-control-request-method", "PUT"],
];

/** The longest body that is mutated, in characters. */
const MAX_MUTATED = 16_384;

/** Gives a request a fault, or several. */
export function twist(dice: Dice, request: FuzzRequest, subject: Subject): FuzzRequest {
  const twists = [twistBody, twistBody, twistPath, twistHeaders, twistMethod] as const;
  let twisted = pick(dice, twists)(dice, request, subject);
  while (dice.percent(25)) twisted = pick(dice, twists)(dice, twisted, subject);
  return twisted;
}

function twistBody(dice: Dice, request: FuzzRequest, subject: Subject): FuzzRequest {
  const { body, headers } = request;
  const valid = typeof body === "string" ? body : "{}";
  const chance = dice.int(1, 1000);
  if (chance <= 2) return { ...request, body: tooLong(valid), headers: { ...headers, ...framing(dice) } };
  if (headers["content-type"] === NDJSON) {
    return { ...request, body: garbageLines(dice, () => nastyOperation(dice, subject)) };
  }
  if (chance <= 300) return { ...request, body: garbage(dice, valid), headers: { ...headers, ...framing(dice) } };
  if (chance <= 330) return { ...request, body: undefined };
  // A long body may be nested so deep already that printing it overflows the stack.
  if (valid.length > MAX_MUTATED) return request;
  return { ...request, body: printJson(mutate(dice, readJson(valid), dice.int(1, 3))) };
}

function twistPath(dice: Dice, request: FuzzRequest): FuzzRequest {
  if (dice.percent(15)) return { ...request, path: pick(dice, UNKNOWN_PATHS) };
  const [path = "", query = ""] = request.path.split(/(?=\?)/);
  if (dice.percent(35)) return { ...request, path: path + pick(dice, QUERIES) };
  const segments = path.split("/");
  // Never the tenant's: each new name creates another object, with a file of its own.
  const at = segments[2] === "tenants" && segments.length > 4 ? dice.int(4, segments.length - 1) : segments.length - 1;
  const nasty = dice.percent(60) ? pick(dice, SEGMENTS) : encode(pick(dice, NASTY_STRINGS));
  const twisted = dice.percent(80) ? segments.with(at, nasty) : segments.toSpliced(at, 0, nasty);
  return { ...request, path: twisted.join("/") + query };
}

function twistHeaders(dice: Dice, request: FuzzRequest, subject: Subject): FuzzRequest {
  const made = Array.from({ length: dice.int(1, 3) }, () => pick(dice, HEADERS)(dice, subject));
  return { ...request, headers: { ...request.headers, ...Object.fromEntries(made) } };
}

function twistMethod(dice: Dice, request: FuzzRequest): FuzzRequest {
  return { ...request, method: pick(dice, METHODS) };
}

function framing(dice: Dice): Record<string, string> {
  return dice.percent(30) ? { "transfer-encoding": "chunked" } : {};
}

function nastyOperation(dice: Dice, subject: Subject): string {
  const operation = batchOperation(dice, subject);
  return printJson(dice.percent(50) ? mutate(dice, operation, 1) : operation);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Percent-encodes what has UTF-8, and all else as it is. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
