/** The routes of the configuration. */
import { type ConfigPatch, ConfigRequest, type ConfigVersion } from "../../wire/index.ts";
import { jsonBody } from "../json-body.ts";
import { type Route, type RouteAnswer, type RouteContext, routeOf, TENANT_PATH } from "../route.ts";
import { EDIT_HEADERS, editOf, entityTag } from "../write-headers.ts";

const PATH = `${TENANT_PATH}/config`;
const MERGE_PATCH = "application/merge-patch+json";
const EXAMPLE = { max_tokens_per_day: 1_000_000, per_user_max_cost_usd: 0.5, timezone: "Europe/Berlin" };

/** Over HTTP, the body is the configuration, and a header has its version. */
const answer: RouteAnswer = {
  description: "The configuration in force, without limits of null.",
  schema: ConfigRequest,
  example: EXAMPLE,
  headers: { ETag: "The configuration's version, for `If-Match`." },
};
const tag = "Configuration";

export const CONFIG_ROUTES: readonly Route[] = [
  routeOf("config", {
    method: "get",
    path: PATH,
    operationId: "getConfig",
    tag,
    answer,
    handle: async (c) => printConfig(c, await c.var.tenant.config()),
  }),
  routeOf("configure", {
    method: "put",
    path: PATH,
    operationId: "putConfig",
    tag,
    description: "The new configuration is in force from the next call on. Totals stay.",
    headers: EDIT_HEADERS,
    body: { example: EXAMPLE },
    answer,
    problems: ["precondition_failed", "idempotency_mismatch"],
    handle: async (c) => printConfig(c, await c.var.tenant.configure(await jsonBody(c.req), editOf(c.req))),
  }),
  routeOf("patch_config", {
    method: "patch",
    path: PATH,
    operationId: "patchConfig",
    tag,
    description: "Merges a patch (RFC 7396): null removes a key, objects are merged, anything else replaces the value.",
    headers: EDIT_HEADERS,
    body: {
      example: { max_tokens_per_day: 2_000_000, timezone: null },
      types: [MERGE_PATCH, "application/json"],
    },
    answer,
    problems: ["precondition_failed", "idempotency_mismatch"],
    handle: async (c) => {
      const patch = await jsonBody<ConfigPatch>(c.req, [MERGE_PATCH, "application/json"]);
      return printConfig(c, await c.var.tenant.patchConfig(patch, editOf(c.req)));
    },
  }),
  routeOf("config_history", {
    method: "get",
    path: `${PATH}/history`,
    operationId: "getConfigHistory",
    tag,
    answer: {
      description: "A page of versions, the oldest first.",
      example: {
        items: [{ version: 1, at: "2026-11-24T05:00:00.000Z", author: "ops@acme.example", config: EXAMPLE }],
        next: null,
      },
    },
    handle: async (c) => c.json(await c.var.tenant.configHistory(c.req.query())),
  }),
];

function printConfig(c: RouteContext, { version, config }: ConfigVersion): Response {
  return c.json(config, 200, { etag: entityTag(version) });
}
