/** The largest totals, and the largest single events. */
import { describe, expect, test } from "vitest";
import { configured, ledgerOf, MINUTE_MS, refusalOf, ring, START_MS, type Tenant, useSetClock } from "./tenant.ts";

useSetClock();

const MAX = Number.MAX_SAFE_INTEGER;
/** Allows events of a million USD, nine of which come close to the ceiling. */
const LARGE = { max_event_cost_usd: 1_000_000, max_event_tokens: 1_000_000_000_000 };

/** Consumes all but 7,199.254740991 USD of what a total can count, as bob. */
async function nearCeiling(config: Parameters<typeof configured>[0] = {}): Promise<Tenant> {
  const tenant = await configured({ ...LARGE, ...config });
  for (let i = 0; i < 9; i += 1) await tenant.consume({ user_id: "bob", cost_usd: 1_000_000 });
  return tenant;
}

describe("a total that has reached its ceiling", () => {
  test("stays there and is reported as saturated, while narrower buckets and windows go on counting", async () => {
    const tenant = await nearCeiling({ max_cost_usd_per_day: 9_000_000, per_team_max_cost_usd: 100 });
    const spent = { user_id: "alice", labels: { team: "red" }, cost_usd: 10_000, tokens_in: 3 };
    expect(await tenant.consume(spent)).toMatchObject({ state: "blocked", limit: "max_cost_usd_per_day" });

    expect(await tenant.usage()).toMatchObject({ cost_usd: MAX / 1e9, tokens_in: 3, saturated: ["cost_usd"] });
    expect(await tenant.usageFor("alice")).toMatchObject({ cost_usd: 10_000, tokens_in: 3 });
    expect((await tenant.usageFor("alice")).saturated).toBeUndefined();
    const team = await tenant.usageOf({ scope: "team", id: "red" });
    expect(team.limits).toMatchObject([{ name: "per_team_max_cost_usd", used: 10_000 }]);
    expect(await tenant.audit()).toMatchObject({ ok: true, totals: { cost_usd: MAX / 1e9 } });
  });

  test("has its ledger entries keep what was reported", async () => {
    const tenant = await nearCeiling();
    await tenant.consume({ user_id: "alice", cost_usd: 10_000, tokens_in: 3 });
    expect((await ledgerOf(tenant)).at(-1)).toMatchObject({
      kind: "consume",
      cost_usd: 7199.254740991,
      tokens_in: 3,
      saturated: ["tenant"],
      reported: { cost_usd: 10_000, tokens_in: 3, calls: 1 },
      exceptions: [{ scope: "user", cost_usd: 10_000, tokens_in: 3 }],
    });
  });

  test("refuses no commit and no charge of an expired reservation", async () => {
    const tenant = await nearCeiling();
    const reserve = async () => (await tenant.reserve({ user_id: "alice", cost_usd: 8000, on_expiry: "charge" })).id;
    await tenant.commit(await reserve(), { cost_usd: 8000 });
    const id = await reserve();
    await ring(tenant, START_MS + MINUTE_MS);
    expect(await tenant.usageFor("alice")).toMatchObject({ cost_usd: 16_000, calls: 2 });
    await tenant.commit(id, { cost_usd: 8001 });
    expect(await tenant.usageFor("alice")).toMatchObject({ cost_usd: 16_001, calls: 2 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("refuses an adjustment past it with sum_out_of_range", async () => {
    const tenant = await nearCeiling();
    const adjust = (cost_usd: number) => tenant.adjust({ scope: "tenant", id: null }, { cost_usd, note: "debit" });
    expect((await refusalOf(adjust(7200))).code).toBe("sum_out_of_range");
    expect((await adjust(-1)).cost_usd).toBe(8_999_999);
  });
});

describe("one event", () => {
  test("is limited by max_event_tokens and max_event_cost_usd, by default and as configured", async () => {
    const tenant = await configured();
    await tenant.consume({ tokens_in: 60_000_000, tokens_out: 40_000_000, cost_usd: 10_000 });
    expect(await refusalOf(tenant.consume({ tokens_in: 60_000_000, tokens_out: 40_000_001 }))).toEqual({
      code: "invalid_input",
      detail:
        "/tokens_in takes up to 100000000 tokens for one call, and this has 100000001; max_event_tokens in the configuration sets the bound",
      errors: [{ pointer: "/tokens_in", detail: expect.stringContaining("takes up to 100000000 tokens") }],
    });
    await tenant.configure({ max_event_cost_usd: 2.5 });
    expect((await refusalOf(tenant.consume({ cost_usd: 2.500000001 }))).errors?.[0]?.pointer).toBe("/cost_usd");
    expect(await tenant.usage()).toMatchObject({ calls: 1, cost_usd: 10_000 });
  });

  test("is limited by its price too", async () => {
    const tenant = await configured({ max_event_cost_usd: 1, prices: { big: { input_usd: 1, output_usd: 1 } } });
    const { detail } = await refusalOf(tenant.consume({ model: "big", tokens_in: 1_000_001 }));
    expect(detail).toContain("takes up to 1 USD for one call, and this costs 1.000001");
  });

  test("is a reservation together with its extensions", async () => {
    const tenant = await configured({ max_event_tokens: 100 });
    expect((await refusalOf(tenant.reserve({ tokens: 101 }))).errors?.[0]?.pointer).toBe("/tokens");
    expect((await refusalOf(tenant.allowsStep({ tokens: 101 }))).errors?.[0]?.pointer).toBe("/tokens");
    const { id } = await tenant.reserve({ tokens: 60 });
    await tenant.extend(id, { tokens: 40 });
    expect((await refusalOf(tenant.extend(id, { tokens: 1 }))).errors?.[0]?.pointer).toBe("/tokens");
    expect((await refusalOf(tenant.commit(id, { tokens_in: 101 }))).errors?.[0]?.pointer).toBe("/tokens_in");
  });
});
