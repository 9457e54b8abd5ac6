/** Entries are found by time even after the clock stepped back. */
import { describe, expect, test } from "vitest";
import { ledgerOf, newTenant, SECOND_MS, START_MS, setNow, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

const timeOf = (seconds: number) => new Date(START_MS + seconds * SECOND_MS).toISOString();

describe("since and until find entries recorded after the clock stepped back", () => {
  test("in rows after those of a later time", async () => {
    const tenant = newTenant();
    for (const [user_id, seconds] of [
      ["a", 1000],
      ["b", 500],
      ["c", 2000],
    ] as const) {
      setNow(START_MS + seconds * SECOND_MS);
      await tenant.consume({ user_id });
    }
    const usersOf = async (query: object) => (await ledgerOf(tenant, query)).map(({ user_id }) => user_id);
    expect(await usersOf({ until: timeOf(700) })).toEqual(["b"]);
    expect(await usersOf({ since: timeOf(700) })).toEqual(["a", "c"]);
    expect(await usersOf({ since: timeOf(400), until: timeOf(1001) })).toEqual(["a", "b"]);
  });

  test("within one commit", async () => {
    const tenant = tenantAt(START_MS + 10 * SECOND_MS);
    const consume = (user_id: string, seconds: number) => {
      setNow(START_MS + seconds * SECOND_MS);
      return tenant.consume({ user_id });
    };
    await Promise.all([consume("x", 10), consume("a", 10), consume("b", 5), consume("c", 200)]);
    const usersOf = async (query: object) => (await ledgerOf(tenant, query)).map(({ user_id }) => user_id).sort();
    const times = await ledgerOf(tenant);
    const before = times.filter(({ at }) => at < timeOf(7)).map(({ user_id }) => user_id);
    expect(await usersOf({ until: timeOf(7) })).toEqual(before.sort());
    expect((await usersOf({ since: timeOf(7) })).length).toBe(4 - before.length);
  });
});
