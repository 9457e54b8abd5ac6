/** Reads keep a user's bucket from being evicted as idle. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { configured, DAY_MS, SECOND_MS, START_MS, setNow, type Tenant, useSetClock } from "./tenant.ts";
import { rowsWritten } from "./written.ts";

useSetClock();

/** Alice has exhausted her budget: evicting her bucket would let her spend it again. */
async function blocked(idleSeconds: number | null): Promise<Tenant> {
  const tenant = await configured({ per_user_max_tokens: 10, user_idle_ttl_seconds: idleSeconds });
  await tenant.consume({ user_id: "alice", tokens_in: 10 });
  return tenant;
}

async function stateAt(tenant: Tenant, seconds: number): Promise<string> {
  setNow(START_MS + seconds * SECOND_MS);
  return (await tenant.allowsStep({ user_id: "alice" })).state;
}

describe("a user who only sends allows_step is not idle", () => {
  test("though the object is evicted after each one", async () => {
    const tenant = await blocked(60);
    for (let seconds = 40; seconds <= 400; seconds += 40) {
      expect([seconds, await stateAt(tenant, seconds)]).toEqual([seconds, "blocked"]);
      await evictDurableObject(tenant.object);
    }
  });

  test("until user_idle_ttl_seconds have passed since any of them, stored or not", async () => {
    const tenant = await blocked(600);
    expect(await stateAt(tenant, 100)).toBe("blocked");
    expect(await stateAt(tenant, 109)).toBe("blocked");
    await evictDurableObject(tenant.object);
    // 600 s after the stored touch, and 591 s after the last one.
    expect(await stateAt(tenant, 700)).toBe("blocked");
    await evictDurableObject(tenant.object);
    // A touch that was not stored can have been up to ten seconds later.
    expect(await stateAt(tenant, 1309.999)).toBe("blocked");
    setNow(START_MS + 3000 * SECOND_MS);
    expect((await tenant.allowsStep({ user_id: "alice" })).state).toBe("ok");
  });

  test("and is idle at the exact time while the object is in memory", async () => {
    const tenant = await blocked(600);
    expect(await stateAt(tenant, 109)).toBe("blocked");
    expect(await stateAt(tenant, 708.999)).toBe("blocked");
    expect(await stateAt(tenant, 1308.999)).toBe("ok");
  });

  test("after user_idle_ttl_seconds was shortened", async () => {
    const tenant = await blocked(600_000);
    expect(await stateAt(tenant, 5000)).toBe("blocked");
    await tenant.configure({ per_user_max_tokens: 10, user_idle_ttl_seconds: 60 });
    await evictDurableObject(tenant.object);
    expect(await stateAt(tenant, 5059)).toBe("blocked");
  });
});

test("allows_step writes at most a row of each kind per sixtieth of user_idle_ttl_seconds", async () => {
  const tenant = await blocked(600);
  const ask = (seconds: number) => rowsWritten(tenant, () => stateAt(tenant, seconds));
  expect([await ask(1), await ask(9.999), await ask(10), await ask(11), await ask(19.999), await ask(20)]).toEqual([
    0, 0, 2, 0, 0, 2,
  ]);
  const without = await blocked(null);
  expect(await rowsWritten(without, () => stateAt(without, 100_000))).toBe(0);
});

test("idle users are evicted in time after user_idle_ttl_seconds was shortened", async () => {
  const tenant = await configured({ user_idle_ttl_seconds: 31_536_000 });
  for (const user_id of ["a", "b", "c"]) await tenant.consume({ user_id });
  await tenant.configure({ user_idle_ttl_seconds: 60 });
  setNow(START_MS + DAY_MS);
  await tenant.consume({ user_id: "d" });
  expect((await tenant.usage()).users).toBe(1);
});
