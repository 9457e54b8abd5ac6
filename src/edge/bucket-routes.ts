import { Hono } from "hono";
import type { BucketName } from "../core/index.ts";
import { jsonBody, optionalJsonBody } from "./json-body.ts";
import type { TenantEnv } from "./tenant-env.ts";

/**
 * An operator's verbs on one bucket.
 *
 * @param bucketIn names the bucket, from the path's parameters
 */
export function bucketRoutes(bucketIn: (path: Readonly<Record<string, string>>) => BucketName): Hono<TenantEnv> {
  const routes = new Hono<TenantEnv>();
  routes.get("/usage", async (c) => c.json(await c.var.tenant.usageOf(bucketIn(c.req.param()))));
  routes.put("/limits", async (c) =>
    c.json(await c.var.tenant.setLimits(bucketIn(c.req.param()), await jsonBody(c.req))),
  );
  routes.delete("/limits", async (c) => c.json(await c.var.tenant.clearLimits(bucketIn(c.req.param()))));
  routes.post("/adjust", async (c) =>
    c.json(await c.var.tenant.adjust(bucketIn(c.req.param()), await jsonBody(c.req))),
  );
  for (const verb of ["reset", "freeze", "unfreeze"] as const) {
    routes.post(`/${verb}`, async (c) =>
      c.json(await c.var.tenant[verb](bucketIn(c.req.param()), await optionalJsonBody(c.req))),
    );
  }
  return routes;
}
