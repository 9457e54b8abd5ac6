import { ConfigHistoryPage } from "../../wire/answer-schemas.ts";
import { ConfigPatch, ConfigRequest, type ConfigVersion, PageQuery } from "../../wire/index.ts";
import { EDIT_HEADERS, editOf } from "../edit.ts";
import { entityTag } from "../entity-tag.ts";
import { jsonBody } from "../json-body.ts";
import type { Route, RouteAnswer, RouteContext } from "../route.ts";
import { TENANT_PATH } from "./paths.ts";

const PATH = `${TENANT_PATH}/config`;
const MERGE_PATCH = "application/merge-patch+json";
const EXAMPLE = { max_tokens_per_day: 1_000_000, per_user_max_cost_usd: 0.5, timezone: "Europe/Berlin" };

const answer: RouteAnswer = {
  description: "The configuration in force, without limits of null.",
  schema: ConfigRequest,
  example: EXAMPLE,
  headers: { ETag: "The version, to guard an edit by." },
};

/** The tenant's limits and settings. */
export const CONFIG_ROUTES: readonly Route[] = [
  {
    method: "get",
    path: PATH,
    scope: "read",
    operationId: "getConfig",
    tag: "Configuration",
    summary: "Tell the configuration in force",
    answer,
    handle: async (c) => printConfig(c, await c.var.tenant.config()),
  },
  {
    method: "put",
    path: PATH,
    scope: "configure",
    operationId: "putConfig",
    tag: "Configuration",
    summary: "Replace the configuration",
    description: "From the next call on. Totals stay.",
    headers: EDIT_HEADERS,
    body: { schema: ConfigRequest, example: EXAMPLE },
    answer,
    problems: ["precondition_failed", "idempotency_mismatch"],
    handle: async (c) => printConfig(c, await c.var.tenant.configure(await jsonBody(c.req), editOf(c.req))),
  },
  {
    method: "patch",
    path: PATH,
    scope: "configure",
    operationId: "patchConfig",
    tag: "Configuration",
    summary: "Change parts of the configuration",
    description: "Merges a patch into it (RFC 7396): null takes a key away, objects merge, all else replaces.",
    headers: EDIT_HEADERS,
    body: {
      schema: ConfigPatch,
      example: { max_tokens_per_day: 2_000_000, timezone: null },
      types: [MERGE_PATCH, "application/json"],
    },
    answer,
    problems: ["precondition_failed", "idempotency_mismatch"],
    handle: async (c) => {
      const patch = await jsonBody<ConfigPatch>(c.req, [MERGE_PATCH, "application/json"]);
      return printConfig(c, await c.var.tenant.patchConfig(patch, editOf(c.req)));
    },
  },
  {
    method: "get",
    path: `${PATH}/history`,
    scope: "read",
    operationId: "getConfigHistory",
    tag: "Configuration",
    summary: "Tell every version of the configuration",
    query: PageQuery,
    answer: {
      description: "A page of versions, the oldest first.",
      schema: ConfigHistoryPage,
      example: {
        items: [{ version: 1, at: "2026-11-24T05:00:00.000Z", author: "ops@acme.example", config: EXAMPLE }],
        next: null,
      },
    },
    handle: async (c) => c.json(await c.var.tenant.configHistory(c.req.query())),
  },
];

function printConfig(c: RouteContext, { version, config }: ConfigVersion): Response {
  return c.json(config, 200, { etag: entityTag(version) });
}
