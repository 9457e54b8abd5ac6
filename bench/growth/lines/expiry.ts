/** How long calls wait when many reservations expire at the same instant. */
import { setTimeout } from "node:timers/promises";
import { BenchError } from "../../bench-error.ts";
import { median } from "../../median.ts";
import type { Service } from "../../serve.ts";
import type { Figure, Line } from "../line.ts";
import { TenantClient } from "../tenant-client.ts";
import { type Waits, waitsDuring, waitsWhenIdle } from "../waits.ts";

const TENANT = "expiry";
const CONFIG = {
  max_tokens: 1e15,
  per_user_max_tokens_per_day: 1e12,
  per_user_max_tokens_per_15m: 1e12,
  max_users: null,
};
type OnExpiry = "charge" | "release";

const TARGET_MS = 50;
const ROUNDS = 3;
const IDLE_MS = 1000;
/** How long reservations stay open: long enough to make them all before the first expires. */
const ttlSeconds = (reservations: number) => 2 + Math.ceil(reservations / 4000);
/** How long after the last expiry the service resumes. */
const MARGIN_MS = 50;

export const EXPIRY: Line = {
  name: "reservations expiring at once",
  grows: "reservations",
  sizes: [1000, 5000, 20_000],
  async measure(stage, size) {
    await using service = await stage.serve(`expiry-${size}`);
    using client = await TenantClient.open(service, TENANT);
    await client.call("PUT", "/config", CONFIG);
    await waitsWhenIdle(service, TENANT);
    const idle = await waitsWhenIdle(service, TENANT, IDLE_MS);
    const charged = await expireRounds("charge", service, size);
    const released = await expireRounds("release", service, size);
    return [
      { operation: "longest wait in an idle second", unit: "ms", value: idle.longestMs },
      ...figuresOf("charge", charged),
      ...figuresOf("release", released),
    ];
  },
};

function figuresOf(onExpiry: string, rounds: readonly Waits[]): Figure[] {
  const of = (key: keyof Waits) => median(rounds.map((round) => round[key]));
  return [
    { operation: `longest wait, on_expiry ${onExpiry}`, unit: "ms", value: of("longestMs"), target: TARGET_MS },
    { operation: `all recorded after, on_expiry ${onExpiry}`, unit: "ms", value: of("tookMs") },
  ];
}

async function expireRounds(onExpiry: OnExpiry, service: Service, size: number): Promise<Waits[]> {
  const rounds: Waits[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const expiries = await reserve(`${onExpiry}-${round}`, onExpiry, service, size);
    rounds.push(await expireTogether(expiries, service));
  }
  return rounds;
}

/** Makes reservations, each of a user of its own, and returns when each expires. */
async function reserve(name: string, onExpiry: OnExpiry, service: Service, size: number): Promise<number[]> {
  using client = await TenantClient.open(service, TENANT);
  const operation = (_: unknown, i: number) => ({
    ...{ op: "reserve", user_id: `${name}-${i}`, tokens: 1000, cost_usd: 0.01 },
    ...{ ttl_seconds: ttlSeconds(size), on_expiry: onExpiry },
  });
  const made = await client.batch(Array.from({ length: size }, operation));
  return made.map((each) => Date.parse((each as { expires_at: string }).expires_at));
}

/**
 * Stops the process from before the first reservation expires until the last one has: all of them are due at the
 * instant at which it resumes, for its alarm and for the calls that arrive then.
 */
async function expireTogether(expiries: readonly number[], service: Service): Promise<Waits> {
  if (Date.now() >= Math.min(...expiries)) throw new BenchError("reservations expired while others were made");
  process.kill(service.pid, "SIGSTOP");
  try {
    await setTimeout(Math.max(...expiries) + MARGIN_MS - Date.now());
  } finally {
    process.kill(service.pid, "SIGCONT");
  }
  return waitsDuring(service, TENANT, async () => {
    using client = await TenantClient.open(service, TENANT);
    // A list of reservations is answered once every expiry is recorded.
    await client.call("GET", "/reservations?limit=1");
  });
}
