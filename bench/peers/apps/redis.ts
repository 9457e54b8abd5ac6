/** Node + Hono + Redis: one Lua script charges, decides and writes the ledger. */
import { Redis, type Result } from "ioredis";
import { LIMITS, listen } from "./listen.ts";

declare module "ioredis" {
  interface RedisCommander<Context> {
    consume(keys: number, ...args: (string | number)[]): Result<string, Context>;
  }
}

/**
 * KEYS: configuration, tenant, user, ledger, and the answer stored under the caller's key, if it sent one.
 * ARGV: input tokens, output tokens, nano-USD, the ledger's entry.
 */
const CONSUME = `
local told = KEYS[5] and redis.call('GET', KEYS[5])
if told then return told end

local function charge(bucket)
  redis.call('HINCRBY', bucket, 'calls', 1)
  local tokens = redis.call('HINCRBY', bucket, 'input_tokens', ARGV[1]) +
    redis.call('HINCRBY', bucket, 'output_tokens', ARGV[2])
  return { tokens = tokens, cost_usd = redis.call('HINCRBY', bucket, 'cost_nano_usd', ARGV[3]) / 1e9 }
end
local tenant, user = charge(KEYS[2]), charge(KEYS[3])
redis.call('XADD', KEYS[4], '*', 'entry', ARGV[4])

local config = cjson.decode(redis.call('GET', KEYS[1]))
local answer = { state = 'ok', reason = cjson.null, limit = cjson.null, remaining = {}, retry_after = cjson.null }
local function check(name, metric, used)
  local max = config[name]
  if not max then return end
  answer.remaining[metric] = math.max(0, math.min(answer.remaining[metric] or max, max - used))
  local state = used >= max and 'blocked' or used >= max * config.soft_warning_at and 'warn' or 'ok'
  if state == 'blocked' and answer.state ~= 'blocked' or state == 'warn' and answer.state == 'ok' then
    answer.state, answer.reason, answer.limit = state, name, name
  end
end
check('max_tokens', 'tokens', tenant.tokens)
check('max_cost_usd', 'cost_usd', tenant.cost_usd)
check('per_user_max_tokens', 'tokens', user.tokens)
check('per_user_max_cost_usd', 'cost_usd', user.cost_usd)

local text = cjson.encode(answer)
if KEYS[5] then redis.call('SET', KEYS[5], text, 'EX', 86400) end
return text
`;

// Commands of one turn of the event loop go out together, as the measured service's operations commit together.
const redis = new Redis({ host: "127.0.0.1", port: Number(process.argv[2]), enableAutoPipelining: true });
redis.defineCommand("consume", { lua: CONSUME });
await redis.set("config", JSON.stringify(LIMITS));

listen(async (step) => {
  const { tenant, user, key, ...spent } = step;
  const keys = ["config", `tenant:${tenant}`, `user:${tenant}:${user}`, `ledger:${tenant}`];
  if (key !== undefined) keys.push(`key:${tenant}:${key}`);
  const { inputTokens, outputTokens, costNanoUsd } = spent;
  const entry = JSON.stringify({ kind: "consume", user, ...spent });
  return JSON.parse(await redis.consume(keys.length, ...keys, inputTokens, outputTokens, costNanoUsd, entry));
});
