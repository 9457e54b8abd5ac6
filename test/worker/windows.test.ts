/** Calendar and rolling windows, and changes of them while they count. */
import { describe, expect, test } from "vitest";
import { Tenant, useSetClock } from "./clock.ts";

useSetClock();

describe("a calendar window", () => {
  test("resets at the tenant's midnight, which retry_after reports", async () => {
    const tenant = new Tenant();
    await tenant.at("2026-03-28T10:00:00Z").put("/config", { timezone: "Europe/Berlin", max_tokens_per_day: 100 });
    const spent = await tenant.at("2026-03-28T22:59:59.250Z").post("/consume", { tokens_in: 100 });
    expect(spent.body).toMatchObject({ state: "blocked", limit: "max_tokens_per_day", retry_after: 0.75 });
    expect(await tenant.at("2026-03-28T22:59:59.999Z").allows()).toEqual(["blocked", "max_tokens_per_day"]);
    expect(await tenant.at("2026-03-28T23:00:00Z").allows()).toEqual(["ok", null]);
  });

  test("lasts 23 hours on the day that clocks go forward, and 25 on the day that they go back", async () => {
    for (const [day, hours] of [
      ["2026-03-29", 23],
      ["2026-10-25", 25],
      ["2026-11-24", 24],
    ] as const) {
      const tenant = new Tenant();
      const midnight = new Date(Date.parse(`${day}T00:00:00+01:00`) - (day === "2026-10-25" ? 3_600_000 : 0));
      await tenant.at(midnight.toISOString()).put("/config", { timezone: "Europe/Berlin", max_calls_per_day: 1 });
      const { body } = await tenant.at(midnight.toISOString()).post("/consume", {});
      expect(body.retry_after).toBe(hours * 3600);
    }
  });

  test("moves a skipped start forward by the gap, and takes the first of a repeated one", async () => {
    const resetsAt = async (day_starts_at: string, at: string) => {
      const tenant = new Tenant();
      await tenant.at(at).put("/config", { timezone: "Europe/Berlin", max_calls_per_day: 5, day_starts_at });
      return (await tenant.at(at).get("/tenant/usage")).body.limits[0].resets_at;
    };
    // 02:00 becomes 03:00 at 01:00Z, so that 02:30 is 03:30; 03:00 becomes 02:00 at 01:00Z, so that 02:30 is twice.
    expect(await resetsAt("02:30", "2026-03-29T00:00:00Z")).toBe("2026-03-29T01:30:00.000Z");
    expect(await resetsAt("02:00", "2026-03-29T00:00:00Z")).toBe("2026-03-29T01:00:00.000Z");
    expect(await resetsAt("02:30", "2026-10-25T00:00:00Z")).toBe("2026-10-25T00:30:00.000Z");
  });

  test("follows the calendar: a leap day, month_starts_on, a week that starts on Sunday", async () => {
    const resets = async (settings: object, limit: string, at: string) => {
      const tenant = new Tenant();
      await tenant.at(at).put("/config", { timezone: "America/New_York", [limit]: 5, ...settings });
      return (await tenant.at(at).get("/tenant/usage")).body.limits[0].resets_at;
    };
    expect(await resets({}, "max_calls_per_month", "2028-02-28T12:00:00Z")).toBe("2028-03-01T05:00:00.000Z");
    expect(await resets({}, "max_calls_per_day", "2028-02-28T12:00:00Z")).toBe("2028-02-29T05:00:00.000Z");
    expect(await resets({ month_starts_on: 15 }, "max_calls_per_month", "2026-12-20T12:00:00Z")).toBe(
      "2027-01-15T05:00:00.000Z",
    );
    expect(await resets({ day_starts_at: "06:30" }, "max_calls_per_day", "2026-12-20T11:29:00Z")).toBe(
      "2026-12-20T11:30:00.000Z",
    );
    expect(await resets({}, "max_calls_per_week", "2026-12-31T12:00:00Z")).toBe("2027-01-04T05:00:00.000Z");
    expect(await resets({ week_starts_on: "sunday" }, "max_calls_per_week", "2026-12-31T12:00:00Z")).toBe(
      "2027-01-03T05:00:00.000Z",
    );
  });

  test("combines with lifetime and shorter limits, and the reason names it", async () => {
    const tenant = new Tenant();
    const config = { max_tokens: 1000, per_user_max_tokens_per_day: 100, per_user_max_tokens_per_minute: 80 };
    await tenant.at("2026-01-01T00:00:00Z").put("/config", config);
    const spend = (at: string, tokens_in: number) =>
      tenant.at(at).post("/consume", { user_id: "alice", tokens_in, detail: true });
    expect((await spend("2026-01-01T00:00:10Z", 81)).body).toMatchObject({
      state: "blocked",
      limit: "per_user_max_tokens_per_minute",
      remaining: { tokens: 0 },
      retry_after: 50,
      limits: [
        { name: "max_tokens", max: 1000, used: 81, held: 0, remaining: 919, resets_at: null },
        { name: "per_user_max_tokens_per_day", used: 81, remaining: 19, resets_at: "2026-01-02T00:00:00.000Z" },
        { name: "per_user_max_tokens_per_minute", used: 81, remaining: 0, resets_at: "2026-01-01T00:01:00.000Z" },
      ],
    });
    expect((await tenant.at("2026-01-01T00:01:00Z").post("/allows-step", { user_id: "alice" })).body).toMatchObject({
      state: "warn",
      reason: "per-user tokens per day at 81%",
      remaining: { tokens: 19 },
    });
    expect((await spend("2026-01-01T00:01:00Z", 79)).body).toMatchObject({
      limit: "per_user_max_tokens_per_day",
      retry_after: 86_340,
    });
  });
});

describe("a rolling window", () => {
  test("never allows more than an exact sliding window, and frees spending at most a sixtieth late", async () => {
    const tenant = new Tenant();
    await tenant.at("2026-01-01T00:00:00Z").put("/config", { max_calls_per_15m: 2 });
    await tenant.at("2026-01-01T00:00:07Z").post("/consume", {});
    const { body } = await tenant.at("2026-01-01T00:05:00Z").post("/consume", {});
    // The first call's slot of 15 s ends at 00:00:15, and leaves 15 minutes after that.
    expect(body).toMatchObject({ state: "blocked", limit: "max_calls_per_15m", retry_after: 615 });
    expect(await tenant.at("2026-01-01T00:15:14.999Z").allows()).toEqual(["blocked", "max_calls_per_15m"]);
    expect(await tenant.at("2026-01-01T00:15:15Z").allows()).toEqual(["ok", null]);
    expect((await tenant.at("2026-01-01T00:15:15Z").get("/tenant/usage")).body.limits[0]).toMatchObject({
      used: 1,
      resets_at: "2026-01-01T00:20:15.000Z",
    });
  });

  test("with a maximum of 0 never resets", async () => {
    const tenant = new Tenant();
    await tenant.at("2026-01-01T00:00:00Z").put("/config", { max_calls_per_5h: 0 });
    expect((await tenant.at("2026-01-01T00:00:00Z").post("/allows-step", {})).body).toMatchObject({
      state: "blocked",
      retry_after: null,
    });
  });
});

describe("a change of the configuration", () => {
  test("keeps lifetime totals, and the counts of the current window, in another timezone too", async () => {
    const tenant = new Tenant();
    await tenant.at("2026-01-01T12:00:00Z").put("/config", { max_tokens_per_day: 100 });
    await tenant.at("2026-01-01T12:00:00Z").post("/consume", { tokens_in: 70 });
    await tenant.at("2026-01-01T13:00:00Z").patch("/config", { timezone: "Asia/Tokyo" });
    const { body } = await tenant.at("2026-01-01T13:00:00Z").get("/tenant/usage");
    expect(body).toMatchObject({ tokens_total: 70 });
    expect(body.limits[0]).toMatchObject({ used: 70, resets_at: "2026-01-01T15:00:00.000Z" });
    expect((await tenant.at("2026-01-01T15:00:00Z").get("/tenant/usage")).body).toMatchObject({
      tokens_total: 70,
      limits: [{ used: 0 }],
    });
  });

  test("that adds a window counts in it from then on", async () => {
    const tenant = new Tenant();
    await tenant.at("2026-01-01T12:00:00Z").post("/consume", { tokens_in: 70 });
    await tenant.at("2026-01-01T13:00:00Z").put("/config", { max_tokens_per_day: 100 });
    await tenant.at("2026-01-01T13:00:00Z").post("/consume", { tokens_in: 10 });
    const { body } = await tenant.at("2026-01-01T13:00:00Z").get("/tenant/usage");
    expect(body).toMatchObject({ tokens_total: 80, limits: [{ used: 10 }] });
  });
});
