/** The cost of a new user's first call when all `max_users` buckets exist. */
import type { Service } from "../../serve.ts";
import type { Line } from "../line.ts";
import { TenantClient } from "../tenant-client.ts";
import { latencies, timeEach } from "../timing.ts";

/** More than one pass over the order of touches finds, so that the passes are measured too. */
const NEW_USERS = 3000;
const KNOWN_USERS = 1000;
const TARGET_MS = 10;

/** No limit counts for users: for each new one another bucket has to go. */
export const UNLIMITED = { max_tokens: 1e15 };
/**
 * Windows that stay open, and an idle time that is over for every bucket: each of them has to be looked at, and none
 * is idle. New users share a bucket.
 */
const LIMITED = {
  max_tokens: 1e15,
  per_user_max_tokens_per_day: 1e12,
  per_user_max_tokens_per_15m: 1e12,
  user_idle_ttl_seconds: 1,
};
export const BOUND_TENANT = "bound";

/** Gives a tenant as many buckets of users as its bound allows. */
export async function fillToBound(service: Service, config: object, buckets: number): Promise<TenantClient> {
  const client = await TenantClient.open(service, BOUND_TENANT);
  await client.call("PUT", "/config", { ...config, max_users: buckets });
  const consume = (_: unknown, i: number) => ({ op: "consume", user_id: `user-${i}`, tokens_in: 700, tokens_out: 120 });
  await client.batch(Array.from({ length: buckets }, consume));
  return client;
}

const newUser = (name: string, config: object): Line => ({
  name,
  grows: "buckets",
  sizes: [1000, 10_000, 100_000],
  async measure(stage, size) {
    await using service = await stage.serve(`${name.replaceAll(/\W+/g, "-")}-${size}`);
    using client = await fillToBound(service, config, size);
    const consume = (user: string) =>
      client.call("POST", "/consume", { user_id: user, tokens_in: 700, tokens_out: 120 });
    const known = await timeEach(KNOWN_USERS, (i) => consume(`user-${size - 1 - (i % 100)}`));
    const added = await timeEach(NEW_USERS, (i) => consume(`new-${i}`));
    return [...latencies("consume of a known user", known), ...latencies("consume of a new user", added, TARGET_MS)];
  },
});

export const NEW_USER_LIMITED = newUser("a new user at the bound under a limit", LIMITED);
export const NEW_USER = newUser("a new user at the bound without a limit", UNLIMITED);
