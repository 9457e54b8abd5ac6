import { Hono, type HonoRequest } from "hono";
import type { BucketName } from "../core/index.ts";
import type { Edit } from "../wire/index.ts";
import { bucketRoutes } from "./bucket-routes.ts";
import { entityTag, parseIfMatch } from "./entity-tag.ts";
import { jsonBody } from "./json-body.ts";
import type { TenantEnv } from "./tenant-env.ts";
import { TenantOperations } from "./tenant-operations.ts";

/** The routes below `/v1/tenants/:tenant`: each takes the request apart, calls one operation, and prints its answer. */
export const tenantRoutes = new Hono<TenantEnv>();

tenantRoutes.use(async (c, next) => {
  c.set("tenant", new TenantOperations(c.env.TENANT_BUDGET, c.req.param("tenant") ?? ""));
  await next();
});

tenantRoutes.post("/allows-step", async (c) => c.json(await c.var.tenant.allowsStep(await jsonBody(c.req))));
tenantRoutes.post("/consume", async (c) => c.json(await c.var.tenant.consume(await jsonBody(c.req))));
tenantRoutes.get("/ledger", async (c) => c.json(await c.var.tenant.ledger(c.req.query())));

tenantRoutes.get("/config", async (c) => {
  const { version, config } = await c.var.tenant.config();
  return c.json(config, 200, { etag: entityTag(version) });
});
tenantRoutes.put("/config", async (c) => {
  const { version, config } = await c.var.tenant.configure(await jsonBody(c.req), editOf(c.req));
  return c.json(config, 200, { etag: entityTag(version) });
});
tenantRoutes.patch("/config", async (c) => {
  const patch = await jsonBody<Record<string, unknown>>(c.req, ["application/merge-patch+json", "application/json"]);
  const { version, config } = await c.var.tenant.patchConfig(patch, editOf(c.req));
  return c.json(config, 200, { etag: entityTag(version) });
});
tenantRoutes.get("/config/history", async (c) => c.json(await c.var.tenant.configHistory(c.req.query())));

// The tenant's own bucket, the anonymous user's, a user's, and any other: each with the same verbs.
tenantRoutes.route(
  "/",
  bucketRoutes(() => ({ scope: "tenant", id: null })),
);
tenantRoutes.route(
  "/anonymous",
  bucketRoutes(() => ({ scope: "user", id: null })),
);
tenantRoutes.route(
  "/users/:id",
  bucketRoutes(({ id = "" }) => ({ scope: "user", id })),
);
tenantRoutes.route(
  "/buckets/:scope/:id",
  bucketRoutes(({ scope = "", id = "" }) => ({ scope, id: parseBucketId(id) })),
);

/** What guards an edit of the configuration, and whom its `From` names (RFC 9110, section 10.1.2). */
function editOf(request: HonoRequest): Edit {
  return { ifVersion: parseIfMatch(request.header("if-match")), author: request.header("from")?.slice(0, 256) ?? null };
}

/** A joined scope's id is a JSON array; any other is the text itself. */
function parseBucketId(text: string): BucketName["id"] {
  if (!text.startsWith("[")) return text;
  try {
    const ids: unknown = JSON.parse(text);
    const isId = (id: unknown) => typeof id === "string" || id === null;
    return Array.isArray(ids) && ids.every(isId) ? ids : text;
  } catch {
    return text;
  }
}
