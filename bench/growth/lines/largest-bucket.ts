/** The row size and memory of buckets with as many limits as allowed. */
import { BenchError } from "../../bench-error.ts";
import type { Service } from "../../serve.ts";
import type { Figure, Line, Stage } from "../line.ts";
import { growthDuring } from "../resident.ts";
import { MAX_BATCH, TenantClient } from "../tenant-client.ts";
import { latencies, timeEach } from "../timing.ts";

const TENANT = "largest";
const MINUTE_MS = 60_000;
/** The most limits of a configuration, and of a bucket's own: permanent and temporary ones each. */
const MAX_LIMITS = 100;
const MAX_OWN_LIMITS = 25;
/** Rolling windows of almost the same length, so that few consumes fill the slots of all. */
const FIRST_MINUTES = 1000;
const SLOTS = 60;
/** How many users one request fills: their buckets are in memory together. */
const FILLED_AT_ONCE = 16;
const CONSUMES = 200;

/** How large a bucket's row becomes under as many limits as there can be. */
export const LARGEST_ROW: Line = {
  name: "the largest row",
  grows: "rolling windows of a bucket",
  sizes: [MAX_LIMITS, MAX_LIMITS + MAX_OWN_LIMITS, MAX_LIMITS + 2 * MAX_OWN_LIMITS],
  async measure(stage, size) {
    await using service = await stage.serve(`largest-row-${size}`, "clocked");
    using client = await TenantClient.open(service, TENANT);
    await client.call("PUT", "/config", { ...limits("per_user_"), max_users: null });
    if (size > MAX_LIMITS) await client.call("PUT", "/users/user-0/limits", limits("", MAX_LIMITS, MAX_OWN_LIMITS));
    if (size > MAX_LIMITS + MAX_OWN_LIMITS) {
      const expires_at = new Date(Date.now() + 1440 * MINUTE_MS).toISOString();
      await client.call("PUT", "/users/user-0/limits", {
        ...limits("", MAX_LIMITS + MAX_OWN_LIMITS, MAX_OWN_LIMITS),
        expires_at,
      });
    }
    await fill(service, 1, FIRST_MINUTES + size);
    const consumed = await timeEach(CONSUMES, () =>
      client.call("POST", "/consume", { user_id: "user-0", tokens_in: 1 }),
    );
    return [
      { operation: "row", unit: "kB", value: (await countersLength(service)) / 1000 },
      ...latencies("consume", consumed),
    ];
  },
};

/** What memory the largest buckets take while they are in use. */
export const LARGEST_BUCKETS: Line = inUse("the largest buckets in use", [128, 1024], FIRST_MINUTES + MAX_LIMITS);

/** The same for more buckets than a cache of small ones keeps, with a sixth of their slots, which takes less time. */
export const LARGE_BUCKETS: Line = inUse("large buckets in use", [1024, 4352], FIRST_MINUTES / 6);

function inUse(name: string, sizes: readonly number[], filledMinutes: number): Line {
  return {
    name,
    grows: "buckets of 100 rolling windows",
    sizes,
    async measure(stage, size) {
      const state = `${name.replaceAll(" ", "-")}-${size}`;
      await fillAll(stage, state, size, filledMinutes);
      const figures: Figure[] = [];
      for (const [operation, use] of USES) {
        await using service = await stage.serve(state);
        using client = await TenantClient.open(service, TENANT);
        await client.call("POST", "/allows-step", { user_id: "user-0" });
        const value = await growthDuring(service.pid, () => use(client, size));
        figures.push({ operation: `growth of the resident set, ${operation}`, unit: "MB", value });
      }
      return figures;
    },
  };
}

type Use = (client: TenantClient, buckets: number) => Promise<unknown>;

const USES: readonly (readonly [operation: string, use: Use])[] = [
  [
    "allows-step of each",
    (client, buckets) => timeEach(buckets, (i) => client.call("POST", "/allows-step", { user_id: `user-${i}` })),
  ],
  [
    "consume of each",
    (client, buckets) =>
      timeEach(buckets, (i) => client.call("POST", "/consume", { user_id: `user-${i}`, tokens_in: 1 })),
  ],
  ["a batch of allows_step", (client, buckets) => client.batch(batchOf({ op: "allows_step" }, buckets))],
  ["a batch of consume", (client, buckets) => client.batch(batchOf({ op: "consume", tokens_in: 1 }, buckets))],
];

function batchOf(operation: object, buckets: number): object[] {
  return Array.from({ length: Math.min(buckets, MAX_BATCH) }, (_, i) => ({ ...operation, user_id: `user-${i}` }));
}

/** Limits, each over a window of its own, from one of them on. */
function limits(scope: "per_user_" | "", from = 0, count = MAX_LIMITS): Record<string, number> {
  const name = (_: unknown, i: number) => `${scope}max_tokens_per_${FIRST_MINUTES + from + i}m`;
  return Object.fromEntries(Array.from({ length: count }, name).map((each) => [each, 1e15]));
}

async function fillAll(stage: Stage, name: string, buckets: number, minutes: number): Promise<void> {
  await using service = await stage.serve(name, "clocked");
  using client = await TenantClient.open(service, TENANT);
  await client.call("PUT", "/config", { ...limits("per_user_"), max_users: null });
  // Awaited here: the service is stopped when this returns.
  await fill(service, buckets, minutes);
}

/** Has users consume in each slot of every window over some minutes, up to now. */
async function fill({ port }: Service, buckets: number, minutes: number): Promise<void> {
  const everyMs = (FIRST_MINUTES * MINUTE_MS) / SLOTS;
  const count = Math.ceil((minutes * MINUTE_MS) / everyMs) + 2;
  const nowMs = Date.now();
  const timesMs = Array.from({ length: count }, (_, i) => Math.round(nowMs - (count - 1 - i) * everyMs));
  for (let start = 0; start < buckets; start += FILLED_AT_ONCE) {
    const length = Math.min(FILLED_AT_ONCE, buckets - start);
    const users = Array.from({ length }, (_, i) => `user-${start + i}`);
    const body = JSON.stringify({ users, timesMs });
    const response = await fetch(`http://127.0.0.1:${port}/fill/${TENANT}`, { method: "POST", body });
    if (!response.ok) throw new BenchError(`fill answered ${response.status}: ${await response.text()}`);
    await response.text();
  }
}

/** How long the windows of the one bucket are in its row, which is nearly all of it. */
async function countersLength({ port, token }: Service): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`http://127.0.0.1:${port}/v1/tenants/${TENANT}/export`, { headers });
  for (const line of (await response.text()).trimEnd().split("\n")) {
    const { table, row } = JSON.parse(line);
    if (table === "bucket" && row.subject === "user-0") return JSON.stringify(row.counters).length;
  }
  throw new BenchError("the export has no row of the bucket");
}
