/** Which windows and buckets a late commit corrects. */
import { describe, expect, test } from "vitest";
import type { BucketName } from "../../src/core/index.ts";
import {
  configured,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  refusalOf,
  ring,
  SECOND_MS,
  START_MS,
  setNow,
  type Tenant,
  tenantAt,
  useSetClock,
} from "./tenant.ts";

useSetClock();

const ALICE = { scope: "user", id: "alice" };

/** Charges alice 90 tokens for a reservation that expires, and returns its id. */
async function charged(tenant: Tenant): Promise<string> {
  const { id } = await tenant.reserve({ user_id: "alice", tokens: 90, on_expiry: "charge" });
  await ring(tenant, START_MS + MINUTE_MS);
  return id;
}

async function usedOf(tenant: Tenant, limit: string, bucket: BucketName = { scope: "tenant", id: null }) {
  return (await tenant.usageOf(bucket)).limits.find(({ name }) => name === limit)?.used;
}

describe("a late commit that corrects a charge takes nothing back from", () => {
  test("a window that was configured after the charge", async () => {
    const tenant = await configured();
    const id = await charged(tenant);
    setNow(START_MS + HOUR_MS);
    await tenant.configure({ max_tokens_per_day: 100 });
    await tenant.consume({ user_id: "bob", tokens_in: 95 });
    await tenant.commit(id, {});
    expect(await usedOf(tenant, "max_tokens_per_day")).toBe(95);
    expect((await refusalOf(tenant.reserve({ user_id: "bob", tokens: 90 }))).code).toBe("limit_reached");
    expect((await tenant.usage()).tokens_total).toBe(95);
  });

  test("a window of the bucket's own limits that were set after the charge", async () => {
    const tenant = await configured();
    const id = await charged(tenant);
    await tenant.setLimits(ALICE, { max_tokens_per_5h: 100 });
    await tenant.consume({ user_id: "alice", tokens_out: 95 });
    await tenant.commit(id, {});
    expect(await usedOf(tenant, "per_user_max_tokens_per_5h", ALICE)).toBe(95);
  });

  test("a window that was removed and added again since", async () => {
    const tenant = await configured({ max_tokens_per_day: 1000, max_tokens_per_5h: 1000 });
    const id = await charged(tenant);
    await tenant.configure({});
    await tenant.consume({ user_id: "bob", tokens_out: 1 });
    await tenant.configure({ max_tokens_per_day: 1000, max_tokens_per_5h: 1000 });
    await tenant.consume({ user_id: "bob", tokens_out: 95 });
    await tenant.commit(id, {});
    expect(await usedOf(tenant, "max_tokens_per_day")).toBe(95);
    expect(await usedOf(tenant, "max_tokens_per_5h")).toBe(95);
  });

  test("the next period of a calendar window, after the clock stepped back into the first", async () => {
    const tenant = await configured({ max_tokens_per_day: 1000 });
    const id = await charged(tenant);
    setNow(START_MS + DAY_MS);
    await tenant.consume({ user_id: "bob", tokens_out: 95 });
    setNow(START_MS + DAY_MS - HOUR_MS);
    await tenant.commit(id, {});
    setNow(START_MS + DAY_MS);
    expect(await usedOf(tenant, "max_tokens_per_day")).toBe(95);
  });

  test("a bucket that was evicted and created again at the same time", async () => {
    const tenant = await configured({ max_users: 1 });
    const reserve = async (user_id: string, tokens: number) =>
      (await tenant.reserve({ user_id, tokens, on_expiry: "charge" })).id;
    const id = await reserve("alice", 50);
    await reserve("bob", 7);
    await reserve("alice", 40);
    await ring(tenant, START_MS + MINUTE_MS);
    await tenant.commit(id, { tokens_out: 10 });
    expect((await tenant.usageFor("alice")).tokens_total).toBe(50);
    expect((await tenant.usage()).tokens_total).toBe(57);
    expect((await tenant.audit()).ok).toBe(true);
  });
});

describe("a late commit that corrects a charge takes all of it back from", () => {
  test("a bucket that started after it, by a clock that stepped back", async () => {
    const tenant = tenantAt(START_MS);
    await tenant.consume({ user_id: "alice", tokens_in: 1 });
    setNow(START_MS - 10 * SECOND_MS);
    const request = { user_id: "alice", tokens: 100, ttl_seconds: 1, on_expiry: "charge" } as const;
    const { id } = await tenant.reserve(request);
    setNow(START_MS - 8 * SECOND_MS);
    await tenant.usage();
    await tenant.commit(id, { tokens_out: 100 });
    expect((await tenant.usageFor("alice")).tokens_total).toBe(101);
    expect((await tenant.usage()).tokens_total).toBe(101);
  });

  test("the slot of a rolling window that it was added to, by a clock that had stepped back", async () => {
    const tenant = await configured({ max_tokens_per_5h: 1000 });
    const request = { user_id: "alice", tokens: 90, ttl_seconds: 1, on_expiry: "charge" } as const;
    const { id } = await tenant.reserve(request);
    setNow(START_MS + HOUR_MS);
    setNow(START_MS + MINUTE_MS);
    await tenant.consume({ user_id: "bob", tokens_out: 5 });
    setNow(START_MS + HOUR_MS);
    await tenant.commit(id, {});
    expect(await usedOf(tenant, "max_tokens_per_5h")).toBe(5);
  });
});
