import type { Service } from "../../serve.ts";
import type { Line } from "../line.ts";
import { TenantClient } from "../tenant-client.ts";
import { latencies, timeEach } from "../timing.ts";

/** More than one pass over the order of touches finds, so that the passes are measured too. */
const NEW_USERS = 3000;
const KNOWN_USERS = 1000;
const TARGET_MS = 10;

/**
 * Windows that stay open, and an idle time that is over for every bucket: each of them has to be looked at, and none
 * is idle.
 */
const CONFIG = {
  max_tokens: 1e15,
  per_user_max_tokens_per_day: 1e12,
  per_user_max_tokens_per_15m: 1e12,
  user_idle_ttl_seconds: 1,
};
export const BOUND_TENANT = "bound";

/** Gives a tenant as many buckets of users as its bound allows. */
export async function fillToBound(service: Service, buckets: number): Promise<TenantClient> {
  const client = await TenantClient.open(service, BOUND_TENANT);
  await client.call("PUT", "/config", configOf(buckets));
  const consume = (_: unknown, i: number) => ({ op: "consume", user_id: `user-${i}`, tokens_in: 700, tokens_out: 120 });
  await client.batch(Array.from({ length: buckets }, consume));
  return client;
}

export function configOf(maxUsers: number) {
  return { ...CONFIG, max_users: maxUsers };
}

/** What the first call of a user costs when another bucket has to go for it. */
export const NEW_USER: Line = {
  name: "a new user at the bound",
  grows: "buckets",
  sizes: [1000, 10_000, 100_000],
  async measure(stage, size) {
    await using service = await stage.serve(`new-user-${size}`);
    using client = await fillToBound(service, size);
    const consume = (user: string) =>
      client.call("POST", "/consume", { user_id: user, tokens_in: 700, tokens_out: 120 });
    const known = await timeEach(KNOWN_USERS, (i) => consume(`user-${size - 1 - (i % 100)}`));
    const added = await timeEach(NEW_USERS, (i) => consume(`new-${i}`));
    return [...latencies("consume of a known user", known), ...latencies("consume of a new user", added, TARGET_MS)];
  },
};
