import { newDevSecrets } from "../../scripts/dev-secrets.ts";
import { startWorkerd } from "../../scripts/workerd.ts";
import { BudgetClient } from "../../src/client/index.ts";
import { serveSite } from "./site.ts";

const TENANT = "acme";
const USER = "alice";
/** The site's own token is valid for a day; no token that it makes is valid longer. */
const SITE_TOKEN_SECONDS = 86_400;

export interface Example extends AsyncDisposable {
  /** Where the page is. */
  readonly site: string;
  /** Where the budget is, below which its tenant's calls are. */
  readonly service: string;
  /** The operator's token. */
  readonly adminToken: string;
}

/** Starts a budget that keeps nothing, gives each user 5,000 tokens, and starts a site of another origin that may call it. */
export async function startExample(ports: { readonly site: number; readonly service: number }): Promise<Example> {
  await using started = new AsyncDisposableStack();
  const secrets = newDevSecrets();
  const workerd = await startWorkerd({
    entry: new URL("../../src/index.ts", import.meta.url),
    durableObjects: { TENANT_BUDGET: "TenantBudget" },
    vars: { ...secrets, CORS_ORIGINS: `http://127.0.0.1:${ports.site}`, REQUEST_LOG: "off" },
    port: ports.service,
  });
  started.defer(() => workerd.dispose());
  const service = workerd.url.replace(/\/$/, "");
  const operator = new BudgetClient({ url: service, tenant: TENANT, token: secrets.ADMIN_TOKEN });
  await operator.call("PUT", "/config", { per_user_max_tokens: 5000 });
  const scope = "admin check consume reserve read";
  const made = await operator.call<{ token: string }>("POST", "/tokens", { scope, ttl_seconds: SITE_TOKEN_SECONDS });
  const { token } = made;
  const site = started.use(await serveSite({ service, tenant: TENANT, user: USER, token, port: ports.site }));
  const running = started.move();
  return {
    site: site.url,
    service,
    adminToken: secrets.ADMIN_TOKEN,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
