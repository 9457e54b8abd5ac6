import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Operation } from "../../src/wire/index.ts";
import {
  auditOf,
  configured,
  ledgerOf,
  MINUTE_MS,
  refusalIn,
  ring,
  START_MS,
  type Tenant,
  useSetClock,
  valueIn,
} from "./tenant.ts";

useSetClock();

const DETAIL = "the stored configuration is not valid: timezone takes an IANA time zone, such as Europe/Berlin or UTC";

/** A tenant with a reservation that is due, whose stored configuration has become invalid. */
async function broken(): Promise<Tenant> {
  const tenant = await configured({ max_tokens_per_day: 100, timezone: "Europe/Berlin" });
  valueIn(await tenant.consume({ user_id: "alice", tokens_in: 5 }));
  valueIn(await tenant.reserve({ user_id: "alice", tokens: 7, on_expiry: "charge" }));
  await runInDurableObject(tenant, (_, { storage }) => {
    storage.sql.exec(`UPDATE config SET config = replace(config, 'Europe/Berlin', 'PST')`);
  });
  await evictDurableObject(tenant);
  await ring(tenant, START_MS + MINUTE_MS);
  return tenant;
}

test.each(["PST", "IST", "CST", "JST", "BST", "AST", "+02:00", "Mars/Olympus", ""])(
  "the time zone %o, which no period can be computed with, is refused",
  async (timezone) => {
    const tenant = await configured();
    expect(refusalIn(await tenant.configure({ timezone })).errors?.[0]?.pointer).toBe("/timezone");
    expect(refusalIn(await tenant.patchConfig({ timezone }, {})).errors?.[0]?.pointer).toBe("/timezone");
    valueIn(await tenant.consume({ tokens_in: 1 }));
  },
);

describe("while the stored configuration is not valid", () => {
  const needing: Operation[] = [
    { op: "consume", request: { tokens_in: 1 } },
    { op: "allows_step", request: {} },
    { op: "reserve", request: {} },
    { op: "usage", key: { scope: "tenant", subject: "" } },
    { op: "set_limits", key: { scope: "tenant", subject: "" }, request: { max_calls: 1 }, edit: {} },
    { op: "reset", key: { scope: "tenant", subject: "" }, request: {} },
  ];
  test.each(needing)("$op is refused and says why", async (operation) => {
    const tenant = await broken();
    expect(await tenant.run(operation)).toEqual({ ok: false, refusal: { code: "invalid_config", detail: DETAIL } });
    expect((await auditOf(tenant)).totals).toMatchObject({ tokens_in: 5, tokens_out: 0 });
  });

  test("it can be read, with its history and the ledger, audited and exported", async () => {
    const tenant = await broken();
    expect(valueIn(await tenant.config()).config.timezone).toBe("PST");
    expect(valueIn(await tenant.configHistory({ after: 0, limit: 10 })).items).toHaveLength(1);
    expect(await ledgerOf(tenant)).toHaveLength(3);
    expect((await auditOf(tenant)).ok).toBe(true);
    expect((await tenant.run({ op: "export", after: "" })).ok).toBe(true);
  });

  test("it can be replaced or patched, after which all goes on, what was due included", async () => {
    for (const repair of [
      (tenant: Tenant) => tenant.configure({ max_tokens_per_day: 100 }),
      (tenant: Tenant) => tenant.patchConfig({ timezone: null }, {}),
    ]) {
      const tenant = await broken();
      valueIn(await repair(tenant));
      expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 5, tokens_out: 7, limits: [{ used: 12 }] });
      expect((await auditOf(tenant)).ok).toBe(true);
    }
  });

  test("the tenant can be deleted", async () => {
    const tenant = await broken();
    valueIn(await tenant.run({ op: "erase_tenant" }));
    expect(valueIn(await tenant.usage()).calls).toBe(0);
  });
});
