/**
 * Node + Hono + rate-limiter-flexible on Redis: tokens for the tenant and for the user. It does less than the
 * others: no cost, no ledger, no keys, and the two counters are not charged together.
 */
import { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { LIMITS, listen } from "./listen.ts";

const storeClient = new Redis({ host: "127.0.0.1", port: Number(process.argv[2]), enableAutoPipelining: true });
// A duration of 0 is a limit without a window.
const tenants = new RateLimiterRedis({ storeClient, keyPrefix: "tenant", points: LIMITS.max_tokens, duration: 0 });
const users = new RateLimiterRedis({ storeClient, keyPrefix: "user", points: LIMITS.per_user_max_tokens, duration: 0 });

listen(async ({ tenant, user, inputTokens, outputTokens }) => {
  const tokens = inputTokens + outputTokens;
  try {
    const left = await Promise.all([tenants.consume(tenant, tokens), users.consume(`${tenant}:${user}`, tokens)]);
    return answer("ok", Math.min(...left.map(({ remainingPoints }) => remainingPoints)));
  } catch (error) {
    if (error instanceof RateLimiterRes) return answer("blocked", error.remainingPoints);
    throw error;
  }
});

function answer(state: string, tokens: number): object {
  return { state, reason: null, limit: null, remaining: { tokens }, retry_after: null };
}
