/** A stored configuration that has become invalid can be read and replaced. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { configured, ledgerOf, MINUTE_MS, refusalOf, ring, START_MS, type Tenant, useSetClock } from "./tenant.ts";

useSetClock();

const DETAIL = "the stored configuration is not valid: timezone takes an IANA time zone, such as Europe/Berlin or UTC";

/** A tenant with a reservation that is due, whose stored configuration has become invalid. */
async function broken(): Promise<Tenant> {
  const tenant = await configured({ max_tokens_per_day: 100, timezone: "Europe/Berlin" });
  await tenant.consume({ user_id: "alice", tokens_in: 5 });
  await tenant.reserve({ user_id: "alice", tokens: 7, on_expiry: "charge" });
  await runInDurableObject(tenant.object, (_, { storage }) => {
    storage.sql.exec(`UPDATE config SET config = replace(config, 'Europe/Berlin', 'PST')`);
  });
  await evictDurableObject(tenant.object);
  await ring(tenant, START_MS + MINUTE_MS);
  return tenant;
}

test.each(["PST", "IST", "CST", "JST", "BST", "AST", "+02:00", "Mars/Olympus", ""])(
  "the time zone %o, which no period can be computed with, is refused",
  async (timezone) => {
    const tenant = await configured();
    expect((await refusalOf(tenant.configure({ timezone }))).errors?.[0]?.pointer).toBe("/timezone");
    expect((await refusalOf(tenant.patchConfig({ timezone }))).errors?.[0]?.pointer).toBe("/timezone");
    await tenant.consume({ tokens_in: 1 });
  },
);

describe("while the stored configuration is not valid", () => {
  const needing: [string, (tenant: Tenant) => Promise<unknown>][] = [
    ["consume", (tenant) => tenant.consume({ tokens_in: 1 })],
    ["allowsStep", (tenant) => tenant.allowsStep()],
    ["reserve", (tenant) => tenant.reserve({})],
    ["usage", (tenant) => tenant.usage()],
    ["setLimits", (tenant) => tenant.setLimits({ scope: "tenant", id: null }, { max_calls: 1 })],
    ["reset", (tenant) => tenant.reset({ scope: "tenant", id: null })],
  ];
  test.each(needing)("%s is refused with invalid_config and the reason", async (_, call) => {
    const tenant = await broken();
    expect(await refusalOf(call(tenant))).toEqual({ code: "invalid_config", detail: DETAIL });
    expect((await tenant.audit()).totals).toMatchObject({ tokens_in: 5, tokens_out: 0 });
  });

  test("the configuration, its history and the ledger can be read, audited and exported", async () => {
    const tenant = await broken();
    expect((await tenant.config()).config.timezone).toBe("PST");
    expect((await tenant.configHistory({ after: 0, limit: 10 })).items).toHaveLength(1);
    expect(await ledgerOf(tenant)).toHaveLength(3);
    expect((await tenant.audit()).ok).toBe(true);
    expect((await tenant.export()).items.length).toBeGreaterThan(0);
  });

  test("it can be replaced or patched, after which all operations work, and overdue reservations expire", async () => {
    for (const repair of [
      (tenant: Tenant) => tenant.configure({ max_tokens_per_day: 100 }),
      (tenant: Tenant) => tenant.patchConfig({ timezone: null }),
    ]) {
      const tenant = await broken();
      await repair(tenant);
      expect(await tenant.usage()).toMatchObject({ tokens_in: 5, tokens_out: 7, limits: [{ used: 12 }] });
      expect((await tenant.audit()).ok).toBe(true);
    }
  });

  test("the tenant can be deleted", async () => {
    const tenant = await broken();
    await tenant.run({ op: "erase_tenant" });
    expect((await tenant.usage()).calls).toBe(0);
  });
});
