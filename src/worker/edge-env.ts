import type { BudgetStatus } from "../core/index.ts";
import type { ProblemCode } from "../wire/index.ts";
import type { Grant } from "./access/grant.ts";
import type { SigningKey } from "./access/signing-keys.ts";
import type { Route } from "./route.ts";
import type { TenantOperations } from "./tenant-operations.ts";

/** What a route's handler has at hand. */
export interface EdgeEnv {
  Bindings: Cloudflare.Env;
  Variables: {
    requestId: string;
    /** The route that the request was taken by; undefined where there is none. */
    route?: Route;
    /** The state of the decision, and the code of the problem, that is answered: for the log. */
    decision?: BudgetStatus["state"];
    code?: ProblemCode;
    /** Below a tenant, once the caller is known: its id, and the operations on it, as the caller may use them. */
    tenantId: string;
    tenant: TenantOperations;
    /** What the caller's token allows; undefined for the operator. */
    grant?: Grant | undefined;
    /** What new tokens are signed with. */
    signingKey: SigningKey;
  };
}
