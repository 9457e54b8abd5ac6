import { Hono } from "hono";
import { jsonBody } from "./json-body.ts";
import { TenantOperations } from "./tenant-operations.ts";

interface TenantEnv {
  Bindings: Cloudflare.Env;
  Variables: { tenant: TenantOperations };
}

/** The routes below `/v1/tenants/:tenant`: each takes the request apart, calls one operation, and prints its answer. */
export const tenantRoutes = new Hono<TenantEnv>();

tenantRoutes.use(async (c, next) => {
  c.set("tenant", new TenantOperations(c.env.TENANT_BUDGET, c.req.param("tenant") ?? ""));
  await next();
});

tenantRoutes.post("/allows-step", async (c) => c.json(await c.var.tenant.allowsStep(await jsonBody(c.req))));
tenantRoutes.post("/consume", async (c) => c.json(await c.var.tenant.consume(await jsonBody(c.req))));
tenantRoutes.get("/usage", async (c) => c.json(await c.var.tenant.usage()));
tenantRoutes.get("/users/:id/usage", async (c) => c.json(await c.var.tenant.usageFor(c.req.param("id"))));
tenantRoutes.get("/anonymous/usage", async (c) => c.json(await c.var.tenant.usageFor(null)));
tenantRoutes.get("/config", async (c) => c.json(await c.var.tenant.config()));
tenantRoutes.put("/config", async (c) => c.json(await c.var.tenant.configure(await jsonBody(c.req))));
