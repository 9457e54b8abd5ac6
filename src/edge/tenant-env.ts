import type { TenantOperations } from "./tenant-operations.ts";

/** What the routes below a tenant have at hand. */
export interface TenantEnv {
  Bindings: Cloudflare.Env;
  Variables: { tenant: TenantOperations };
}
