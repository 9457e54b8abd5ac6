/** The routes of buckets: the same verbs for each kind of path that names a bucket. */
import { type BucketName, scopeParts } from "../../core/index.ts";
import { OPERATIONS, type OperationName } from "../../operations/index.ts";
import { jsonBody, optionalJsonBody } from "../json-body.ts";
import { type Route, type RouteAnswer, type RouteContext, routeOf, TENANT_PATH } from "../route.ts";
import { editOf, IDEMPOTENCY_HEADER, withIdempotencyKey } from "../write-headers.ts";
import { NO_AMOUNTS, TOTALS } from "./examples.ts";

/** A kind of path that names a bucket. */
interface BucketPath {
  readonly prefix: string;
  /** Part of operation ids, such as `freezeUser`. */
  readonly noun: string;
  /** Replaces "a bucket" in the operations' summaries. */
  readonly bucket: string;
  readonly tag: string;
  readonly name: (c: RouteContext) => BucketName;
  readonly example: BucketName;
}

const PATHS: readonly BucketPath[] = [
  {
    // Not the tenant's path itself: clients turn `users/../reset` into `reset`, which must not be a route.
    prefix: "/tenant",
    noun: "Tenant",
    bucket: "the tenant",
    tag: "Tenant",
    name: () => ({ scope: "tenant", id: null }),
    example: { scope: "tenant", id: null },
  },
  {
    prefix: "/anonymous",
    noun: "Anonymous",
    bucket: "the anonymous user",
    tag: "Users",
    name: () => ({ scope: "user", id: null }),
    example: { scope: "user", id: null },
  },
  {
    prefix: "/users/{id}",
    noun: "User",
    bucket: "a user",
    tag: "Users",
    name: (c) => ({ scope: "user", id: c.req.param("id") ?? "" }),
    example: { scope: "user", id: "alice" },
  },
  {
    prefix: "/buckets/{scope}/{id}",
    noun: "Bucket",
    bucket: "a bucket",
    tag: "Buckets",
    name: (c) => ({
      scope: c.req.param("scope") ?? "",
      id: parseBucketId(c.req.param("scope") ?? "", c.req.param("id") ?? ""),
    }),
    example: { scope: "user_and_model", id: ["alice", "gpt-5"] },
  },
  {
    prefix: "/overflow/{scope}",
    noun: "Overflow",
    bucket: "an overflow bucket",
    tag: "Buckets",
    name: (c) => ({ scope: c.req.param("scope") ?? "", id: null, overflow: true }),
    example: { scope: "user", id: null, overflow: true },
  },
];

const USAGE = {
  ...TOTALS,
  started_at: "2026-11-24T05:00:00.000Z",
  wall_clock: 12.5,
  override: null,
  raise: null,
  frozen: null,
  held: { ...NO_AMOUNTS, reservations: 0 },
  limits: [{ name: "max_tokens", max: 1000, used: 820, held: 0, remaining: 180, resets_at: null }],
  remaining: { tokens: 180 },
};

export const BUCKET_ROUTES: readonly Route[] = PATHS.flatMap(routesOf);

function routesOf({ prefix, noun, bucket, tag, name, example }: BucketPath): Route[] {
  const answer: RouteAnswer = {
    description: "The bucket's usage.",
    example: { ...USAGE, ...example, ...(noun === "Tenant" && { users: 3 }) },
  };
  const verb = (op: OperationName, path: string, route: VerbRoute): Route => {
    const { summary } = OPERATIONS[op];
    return routeOf(op, {
      ...route,
      path: `${TENANT_PATH}${prefix}/${path}`,
      tag,
      summary: summary.replace("a bucket", bucket),
      answer,
      ...(route.method !== "get" && {
        headers: IDEMPOTENCY_HEADER,
        problems: [...(route.problems ?? []), "idempotency_mismatch"],
      }),
    });
  };
  return [
    verb("usage", "usage", {
      method: "get",
      operationId: `get${noun}Usage`,
      handle: async (c) => c.json(await c.var.tenant.usageOf(name(c))),
    }),
    verb("set_limits", "limits", {
      method: "put",
      operationId: `set${noun}Limits`,
      description:
        "A bucket's own limits take precedence over the configuration's. With `expires_at` they expire, and until then also take precedence over those set without it.",
      body: { example: { max_tokens_per_day: 50_000, expires_at: "2030-01-01T00:00:00Z" } },
      handle: async (c) => c.json(await c.var.tenant.setLimits(name(c), await jsonBody(c.req), editOf(c.req))),
    }),
    verb("clear_limits", "limits", {
      method: "delete",
      operationId: `clear${noun}Limits`,
      handle: async (c) => c.json(await c.var.tenant.clearLimits(name(c), editOf(c.req))),
    }),
    verb("adjust", "adjust", {
      method: "post",
      operationId: `adjust${noun}`,
      description: "Adds the amounts to the totals of this bucket only. Negative amounts are a credit.",
      body: { example: { tokens_in: -40, cost_usd: -0.25, note: "a call was billed twice" } },
      problems: ["sum_out_of_range", ...(noun === "Overflow" ? (["unknown_bucket"] as const) : [])],
      handle: async (c) => c.json(await c.var.tenant.adjust(name(c), withIdempotencyKey(c.req, await jsonBody(c.req)))),
    }),
    verb("reset", "reset", {
      method: "post",
      operationId: `reset${noun}`,
      body: { example: { note: "a new contract" }, required: false },
      handle: async (c) =>
        c.json(await c.var.tenant.reset(name(c), withIdempotencyKey(c.req, await optionalJsonBody(c.req)))),
    }),
    verb("freeze", "freeze", {
      method: "post",
      operationId: `freeze${noun}`,
      description: "Blocks the bucket's steps until `until`, or until it is unfrozen.",
      body: { example: { until: "2030-01-01T00:00:00Z", note: "a leaked key" }, required: false },
      handle: async (c) =>
        c.json(await c.var.tenant.freeze(name(c), withIdempotencyKey(c.req, await optionalJsonBody(c.req)))),
    }),
    verb("unfreeze", "unfreeze", {
      method: "post",
      operationId: `unfreeze${noun}`,
      body: { example: { note: "the key is replaced" }, required: false },
      handle: async (c) =>
        c.json(await c.var.tenant.unfreeze(name(c), withIdempotencyKey(c.req, await optionalJsonBody(c.req)))),
    }),
  ];
}

type VerbRoute = Pick<
  Parameters<typeof routeOf>[1],
  "method" | "operationId" | "description" | "body" | "problems" | "handle"
>;

/** A joined scope's id is a JSON array. Any other id is the text itself, even if it looks like an array. */
function parseBucketId(scope: string, text: string): BucketName["id"] {
  if (scopeParts(scope).length < 2) return text;
  try {
    const ids: unknown = JSON.parse(text);
    const isId = (id: unknown) => typeof id === "string" || id === null;
    return Array.isArray(ids) && ids.every(isId) ? ids : text;
  } catch {
    return text;
  }
}
