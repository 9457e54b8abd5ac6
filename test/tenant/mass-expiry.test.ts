/** A thousand reservations that expire at the same instant. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  configured,
  ledgerOf,
  MINUTE_MS,
  reservationsOf,
  ring,
  START_MS,
  setNow,
  type Tenant,
  useSetClock,
} from "./tenant.ts";

useSetClock();

const OPEN = 1000;

/** Reserves ten tokens a thousand times, each user's in turn, for a minute. */
async function reserveMany(tenant: Tenant, on_expiry: "release" | "charge"): Promise<void> {
  const request = (i: number) => ({ user_id: `${i % 10}`, labels: { team: "red" }, tokens: 10, on_expiry });
  await tenant.batch(Array.from({ length: OPEN }, (_, i) => ({ op: "reserve", ...request(i) })));
}

/** How many expiries are recorded. Each call, this one too, records up to a hundred. */
async function expiriesOf(tenant: Tenant): Promise<number> {
  return (await ledgerOf(tenant, { kind: "expiry" })).length;
}

describe("a thousand reservations that expire at once", () => {
  test("are counted by the next call, though it records only a part of them", async () => {
    const tenant = await configured({
      max_tokens: 20_000,
      per_user_max_tokens_per_day: 1000,
      per_team_max_calls: 1000,
    });
    await reserveMany(tenant, "charge");
    await evictDurableObject(tenant.object);
    setNow(START_MS + MINUTE_MS);
    const step = { user_id: "3", labels: { team: "red" }, detail: true };
    const limits = [
      { name: "max_tokens", used: 10_000, held: 0 },
      { name: "per_user_max_tokens_per_day", used: 1000, held: 0 },
      { name: "per_team_max_calls", used: 1000, held: 0 },
    ];
    expect(await tenant.allowsStep(step)).toMatchObject({ state: "blocked", limits });
    expect(await expiriesOf(tenant)).toBe(200);
    expect(await tenant.usage()).toMatchObject({ tokens_out: 10_000, calls: 1000, held: { reservations: 0 } });
    expect(await tenant.usageFor("3")).toMatchObject({ tokens_out: 1000, calls: 100 });

    while ((await expiriesOf(tenant)) < OPEN) await tenant.allowsStep();
    expect(await tenant.allowsStep(step)).toMatchObject({ state: "blocked", limits });
    expect(await tenant.usage()).toMatchObject({ tokens_out: 10_000, calls: 1000, held: { reservations: 0 } });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("leave nothing pending with on_expiry release", async () => {
    const tenant = await configured({ max_tokens: 10_000, max_concurrent_calls: 1000 });
    await reserveMany(tenant, "release");
    expect((await tenant.allowsStep()).limit).toBe("max_tokens");
    setNow(START_MS + MINUTE_MS);
    await tenant.reserve({ tokens: 10_000 });
    expect(await expiriesOf(tenant)).toBe(200);
    expect(await tenant.usage()).toMatchObject({ calls: 0, held: { reservations: 1, tokens: 10_000 } });
  });

  test("are all recorded by one alarm", async () => {
    const tenant = await configured();
    await reserveMany(tenant, "charge");
    await ring(tenant, START_MS + MINUTE_MS);
    expect(await expiriesOf(tenant)).toBe(OPEN);
    expect((await reservationsOf(tenant)).every(({ state }) => state === "expired")).toBe(true);
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("are all recorded before an edit that would change what they are charged to", async () => {
    const tenant = await configured({ max_tokens_per_day: 100_000 });
    await reserveMany(tenant, "charge");
    setNow(START_MS + MINUTE_MS);
    await tenant.reset({ scope: "tenant", id: null });
    expect(await expiriesOf(tenant)).toBe(OPEN);
    expect(await tenant.usage()).toMatchObject({ tokens_total: 0, limits: [{ used: 0 }] });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("leave a batch in order", async () => {
    const tenant = await configured();
    await reserveMany(tenant, "charge");
    setNow(START_MS + MINUTE_MS);
    const key = { scope: "tenant", id: null };
    const answers = await tenant.batch([
      { op: "consume", tokens_in: 7 },
      { op: "reset", bucket: key },
      { op: "consume", tokens_in: 5 },
    ]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(await tenant.usage()).toMatchObject({ tokens_in: 5, tokens_out: 0, calls: 1 });
  });

  test("can each be committed right away", async () => {
    const tenant = await configured();
    await reserveMany(tenant, "charge");
    const ids = (await reservationsOf(tenant)).map(({ id }) => id);
    setNow(START_MS + MINUTE_MS);
    const last = await tenant.commit(ids.at(-1) ?? "", { tokens_in: 4 });
    expect(last).toMatchObject({ state: "committed", late: true, spent: { tokens_in: 4, tokens_out: 0 } });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 4, tokens_out: 9990, calls: 1000 });
  });
});
