/** The cost of erasing a user when many idempotency keys are stored. */
import type { Figure, Line } from "../line.ts";
import { growthDuring } from "../resident.ts";
import { TenantClient } from "../tenant-client.ts";
import { type Waits, waitsDuring, waitsWhenIdle } from "../waits.ts";

const TENANT = "erasure";
const ERASED = "user-0";
/** How many users share the keys; the erased one has as many as any other. */
const USERS = 1000;

export const ERASURE: Line = erasure("erasing one of 1,000 users", USERS, [1000, 10_000, 100_000, 1_000_000]);

/** The same for a user who sent every request. */
export const ERASURE_OF_ALL: Line = erasure("erasing a user with every key", 1, [1000, 10_000, 100_000]);

function erasure(name: string, users: number, sizes: readonly number[]): Line {
  return {
    name,
    grows: "stored keys",
    sizes,
    async measure(stage, size) {
      await using service = await stage.serve(`erasure-${users}-${size}`);
      using client = await TenantClient.open(service, TENANT);
      await client.call("PUT", "/config", { max_tokens: 1e15, per_user_max_tokens: 1e15 });
      await consumeWithKeys(client, users, size);
      await waitsWhenIdle(service, TENANT);
      let waits: Waits | undefined;
      let deleteMs = Number.NaN;
      const growthMb = await growthDuring(service.pid, async () => {
        waits = await waitsDuring(service, TENANT, async () => {
          const startMs = performance.now();
          await client.call("DELETE", `/users/${ERASED}`);
          deleteMs = performance.now() - startMs;
          // A read of the ledger waits until the id is erased everywhere.
          await client.call("GET", "/ledger?limit=1");
        });
      });
      return [
        { operation: "DELETE user", unit: "ms", value: deleteMs },
        { operation: "all replaced after", unit: "ms", value: waits?.tookMs ?? Number.NaN },
        { operation: "longest wait until then", unit: "ms", target: 50, value: waits?.longestMs ?? Number.NaN },
        { operation: "growth of the resident set", unit: "MB", value: growthMb },
      ] satisfies Figure[];
    },
  };
}

const CHUNK = 10_000;

async function consumeWithKeys(client: TenantClient, users: number, keys: number): Promise<void> {
  for (let start = 0; start < keys; start += CHUNK) {
    const consume = (_: unknown, i: number) => ({
      ...{ op: "consume", user_id: `user-${(start + i) % users}`, tokens_in: 700, tokens_out: 120 },
      idempotency_key: `step-${start + i}`,
    });
    await client.batch(Array.from({ length: Math.min(CHUNK, keys - start) }, consume));
  }
}
