/** Configures the tenants that are measured, and creates their buckets. */
import { BudgetClient } from "../src/client/index.ts";
import type { LoadGenerator } from "./load/generator.ts";
import { SEED_BATCH } from "./load/rounds.ts";
import type { Service } from "./serve.ts";

/** Limits of all four original kinds, so that each decision checks them, and out of reach, so that none blocks. */
const CONFIG = {
  max_tokens: 1e15,
  max_cost_usd: 9e6,
  per_user_max_tokens: 1e15,
  per_user_max_cost_usd: 9e6,
  max_users: null,
};

/** Configures the tenants `<tenant>-0` to `<tenant>-<count - 1>`. */
export async function configure({ port, token }: Service, tenant: string, count = 1): Promise<void> {
  const clients = Array.from(
    { length: count },
    (_, i) => new BudgetClient({ url: `http://127.0.0.1:${port}`, tenant: `${tenant}-${i}`, token }),
  );
  await Promise.all(clients.map((client) => client.call("PUT", "/config", CONFIG)));
}

/** Gives so many users of `<tenant>-0` a bucket, through the public API. */
export async function seed(service: Service, tenant: string, buckets: number, generator: LoadGenerator): Promise<void> {
  await generator.run({
    case: "seed",
    port: service.port,
    token: service.token,
    connections: 2,
    times: Math.ceil(buckets / SEED_BATCH),
    ...{ tenant, tenants: 1, users: buckets },
  });
}
