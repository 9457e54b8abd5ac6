import { type BucketName, scopeParts } from "../../core/index.ts";
import { UsageAnswerSchema } from "../../wire/answer-schemas.ts";
import { AdjustRequest, FreezeRequest, NoteRequest, OverrideRequest } from "../../wire/index.ts";
import { editOf } from "../edit.ts";
import { IDEMPOTENCY_HEADER, withIdempotencyKey } from "../idempotency.ts";
import { jsonBody, optionalJsonBody } from "../json-body.ts";
import type { Route, RouteAnswer, RouteContext } from "../route.ts";
import { TENANT_PATH } from "./paths.ts";

/** A family of buckets that a path names, each with the same verbs. */
interface BucketPath {
  readonly prefix: string;
  /** How the verbs' operations are told apart: `freezeUser`. */
  readonly noun: string;
  /** How they are spoken of: "a user's". */
  readonly whose: string;
  readonly name: (c: RouteContext) => BucketName;
  readonly example: BucketName;
}

const PATHS: readonly BucketPath[] = [
  {
    // A path of its own: a client turns `users/../reset` into `reset`, which must name nothing.
    prefix: "/tenant",
    noun: "Tenant",
    whose: "the tenant's",
    name: () => ({ scope: "tenant", id: null }),
    example: { scope: "tenant", id: null },
  },
  {
    prefix: "/anonymous",
    noun: "Anonymous",
    whose: "the anonymous user's",
    name: () => ({ scope: "user", id: null }),
    example: { scope: "user", id: null },
  },
  {
    prefix: "/users/{id}",
    noun: "User",
    whose: "a user's",
    name: (c) => ({ scope: "user", id: c.req.param("id") ?? "" }),
    example: { scope: "user", id: "alice" },
  },
  {
    prefix: "/buckets/{scope}/{id}",
    noun: "Bucket",
    whose: "any bucket's",
    name: (c) => ({
      scope: c.req.param("scope") ?? "",
      id: parseBucketId(c.req.param("scope") ?? "", c.req.param("id") ?? ""),
    }),
    example: { scope: "user_and_model", id: ["alice", "gpt-5"] },
  },
  {
    prefix: "/overflow/{scope}",
    noun: "Overflow",
    whose: "a scope's overflow bucket's",
    name: (c) => ({ scope: c.req.param("scope") ?? "", id: null, overflow: true }),
    example: { scope: "user", id: null, overflow: true },
  },
];

const USAGE = {
  tokens_in: 700,
  tokens_out: 120,
  tokens_total: 820,
  cost_usd: 0.31,
  calls: 1,
  cache_read_input_tokens: 0,
  cache_write_input_tokens: 0,
  reasoning_output_tokens: 0,
  started_at: "2026-11-24T05:00:00.000Z",
  wall_clock: 12.5,
  override: null,
  raise: null,
  frozen: null,
  held: { tokens: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0, reservations: 0 },
  limits: [{ name: "max_tokens", max: 1000, used: 820, held: 0, remaining: 180, resets_at: null }],
  remaining: { tokens: 180 },
};

/** How any bucket stands, and an operator's verbs on it. */
export const BUCKET_ROUTES: readonly Route[] = PATHS.flatMap(routesOf);

function routesOf({ prefix, noun, whose, name, example }: BucketPath): Route[] {
  const answer: RouteAnswer = {
    description: "How the bucket stands.",
    schema: UsageAnswerSchema,
    example: { ...USAGE, ...example, ...(noun === "Tenant" && { users: 3 }) },
  };
  const path = (verb: string) => `${TENANT_PATH}${prefix}/${verb}`;
  const tag = noun === "Tenant" ? "Tenant" : noun === "Bucket" || noun === "Overflow" ? "Buckets" : "Users";
  return [
    {
      method: "get",
      path: path("usage"),
      scope: "read",
      operationId: `get${noun}Usage`,
      tag,
      summary: `Tell ${whose} totals and how its limits stand`,
      answer,
      handle: async (c) => c.json(await c.var.tenant.usageOf(name(c))),
    },
    {
      method: "put",
      path: path("limits"),
      scope: "configure",
      headers: IDEMPOTENCY_HEADER,
      operationId: `set${noun}Limits`,
      tag,
      summary: `Set ${whose} own limits`,
      description: "They take the general ones' place: until `expires_at`, or for good in place of those it had.",
      body: { schema: OverrideRequest, example: { max_tokens_per_day: 50_000, expires_at: "2030-01-01T00:00:00Z" } },
      answer,
      problems: ["idempotency_mismatch"],
      handle: async (c) => c.json(await c.var.tenant.setLimits(name(c), await jsonBody(c.req), editOf(c.req))),
    },
    {
      method: "delete",
      path: path("limits"),
      scope: "configure",
      headers: IDEMPOTENCY_HEADER,
      operationId: `clear${noun}Limits`,
      tag,
      summary: `Take ${whose} own limits away`,
      answer,
      problems: ["idempotency_mismatch"],
      handle: async (c) => c.json(await c.var.tenant.clearLimits(name(c), editOf(c.req))),
    },
    {
      method: "post",
      path: path("adjust"),
      scope: "configure",
      headers: IDEMPOTENCY_HEADER,
      operationId: `adjust${noun}`,
      tag,
      summary: `Correct ${whose} totals`,
      description: "By a debit, or with negative amounts a credit. No other bucket's change.",
      body: { schema: AdjustRequest, example: { tokens_in: -40, cost_usd: -0.25, note: "a call was billed twice" } },
      answer,
      problems: [
        "sum_out_of_range",
        "idempotency_mismatch",
        ...(noun === "Overflow" ? (["unknown_bucket"] as const) : []),
      ],
      handle: async (c) => c.json(await c.var.tenant.adjust(name(c), withIdempotencyKey(c.req, await jsonBody(c.req)))),
    },
    {
      method: "post",
      path: path("reset"),
      scope: "configure",
      headers: IDEMPOTENCY_HEADER,
      operationId: `reset${noun}`,
      tag,
      summary: `Set ${whose} totals and windows to zero`,
      body: { schema: NoteRequest, example: { note: "a new contract" }, required: false },
      answer,
      problems: ["idempotency_mismatch"],
      handle: async (c) =>
        c.json(await c.var.tenant.reset(name(c), withIdempotencyKey(c.req, await optionalJsonBody(c.req)))),
    },
    {
      method: "post",
      path: path("freeze"),
      scope: "configure",
      headers: IDEMPOTENCY_HEADER,
      operationId: `freeze${noun}`,
      tag,
      summary: `Block ${whose} steps`,
      body: {
        schema: FreezeRequest,
        example: { until: "2030-01-01T00:00:00Z", note: "a leaked key" },
        required: false,
      },
      answer,
      problems: ["idempotency_mismatch"],
      handle: async (c) =>
        c.json(await c.var.tenant.freeze(name(c), withIdempotencyKey(c.req, await optionalJsonBody(c.req)))),
    },
    {
      method: "post",
      path: path("unfreeze"),
      scope: "configure",
      headers: IDEMPOTENCY_HEADER,
      operationId: `unfreeze${noun}`,
      tag,
      summary: `Lift ${whose} freeze`,
      body: { schema: NoteRequest, example: { note: "the key is replaced" }, required: false },
      answer,
      problems: ["idempotency_mismatch"],
      handle: async (c) =>
        c.json(await c.var.tenant.unfreeze(name(c), withIdempotencyKey(c.req, await optionalJsonBody(c.req)))),
    },
  ];
}

/** A compound scope's id is a JSON array; any other is the text itself, even if it looks like one. */
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
