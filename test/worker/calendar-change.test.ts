/** What the current day counts after the timezone changed. */
import { expect, test } from "vitest";
import { Tenant, useSetClock } from "./clock.ts";

useSetClock();

/** Spends at these times of a day in UTC, changes to New York's calendar, and returns what the day has counted. */
async function countedAfter(spent: Record<string, number>, changedAt: string): Promise<number> {
  const tenant = new Tenant();
  await tenant.at("2026-06-01T00:00:00Z").put("/config", { max_tokens_per_day: 1000 });
  for (const [time, tokens_in] of Object.entries(spent)) await tenant.at(time).post("/consume", { tokens_in });
  await tenant.at(changedAt).patch("/config", { timezone: "America/New_York" });
  return (await tenant.at(changedAt).get("/tenant/usage")).body.limits[0].used;
}

// New York's days begin at 04:00 UTC in summer.
test("the current day is kept whole if its last spending is in the new one: it may count too much", async () => {
  expect(await countedAfter({ "2026-06-02T03:00:00Z": 70, "2026-06-02T05:00:00Z": 10 }, "2026-06-02T06:00:00Z")).toBe(
    80,
  );
});

test("it is zero if its last spending is before the new day", async () => {
  expect(await countedAfter({ "2026-06-02T03:00:00Z": 70 }, "2026-06-02T06:00:00Z")).toBe(0);
});

test("the day before is kept if the new day includes a part of it and nothing was spent since", async () => {
  expect(await countedAfter({ "2026-06-01T23:00:00Z": 70 }, "2026-06-02T01:00:00Z")).toBe(70);
});

test("but not if something was spent since: it may count too little", async () => {
  expect(await countedAfter({ "2026-06-01T23:00:00Z": 70, "2026-06-02T00:30:00Z": 10 }, "2026-06-02T01:00:00Z")).toBe(
    10,
  );
});
