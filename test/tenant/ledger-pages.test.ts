/** The ledger is filtered and paged, and entries that arrive together share a row. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { LedgerEntry } from "../../src/wire/index.ts";
import { ledgerOf, SECOND_MS, START_MS, setNow, type Tenant, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

const ALICE = { scope: "user", id: "alice" };

const idsOf = (entries: readonly LedgerEntry[]) => entries.map(({ id }) => id);

describe("the ledger is filtered", () => {
  /** Two users, the anonymous one, and two teams; an entry each second. */
  async function storied(): Promise<Tenant> {
    const tenant = tenantAt(START_MS);
    let nowMs = START_MS;
    const tick = () => {
      nowMs += SECOND_MS;
      setNow(nowMs);
    };
    tick(); // 1
    await tenant.configure({ per_team_max_tokens: 100 });
    tick(); // 2
    await tenant.consume({ user_id: "alice", labels: { team: "red" }, tokens_in: 1 });
    tick(); // 3
    await tenant.consume({ user_id: "bob", labels: { team: "blue" }, tokens_in: 1 });
    tick(); // 4
    await tenant.consume({ labels: { team: "red" }, tokens_in: 1 });
    tick(); // 5
    const { id } = await tenant.reserve({ user_id: "alice", model: "m", labels: { team: "a:b" } });
    tick(); // 6
    await tenant.commit(id, { cost_usd: 1 });
    tick(); // 7
    await tenant.adjust(ALICE, { tokens_in: 1, note: "x" });
    tick(); // 8
    await tenant.adjust({ scope: "team", id: "red" }, { tokens_in: 1, note: "x" });
    tick(); // 9
    await tenant.adjust({ scope: "tenant", id: null }, { tokens_in: 1, note: "x" });
    tick(); // 10
    await tenant.adjust({ scope: "user", id: null }, { tokens_in: 1, note: "x" });
    tick(); // 11
    await tenant.run({ op: "revoke_token", id: "t" });
    tick(); // 12
    const both = { scope: "user_and_model", id: ["alice", "m"] };
    await tenant.adjust(both, { tokens_in: 1, note: "x" });
    return tenant;
  }

  test.each([
    ["by user", { user_id: "alice" }, [2, 5, 6, 7, 12]],
    ["by another user", { user_id: "bob" }, [3]],
    ["by the anonymous user", { user_id: "" }, [4, 10]],
    ["by a user without entries", { user_id: "carol" }, []],
    ["by label", { label: "team:red" }, [2, 4, 8]],
    ["by a label's value with a colon in it", { label: "team:a:b" }, [5, 6]],
    ["by the model, which is a label", { label: "model:m" }, [5, 6, 12]],
    ["by a label named user", { label: "user:alice" }, []],
    ["by kind", { kind: "consume" as const }, [2, 3, 4]],
    ["by since", { since: "2040-01-01T00:00:07Z" }, [7, 8, 9, 10, 11, 12]],
    ["by until", { until: "2040-01-01T00:00:03Z" }, [1, 2]],
    ["by since and until", { since: "2040-01-01T01:00:03+01:00", until: "2040-01-01T00:00:05.001Z" }, [3, 4, 5]],
    ["by an until before all entries", { until: "2040-01-01T00:00:01Z" }, []],
    ["by a since after all entries", { since: "2040-01-01T00:00:13Z" }, []],
    [
      "by several filters at once",
      { user_id: "alice", kind: "adjustment" as const, since: "2040-01-01T00:00:02Z" },
      [7, 12],
    ],
  ])("%s", async (_, query, ids) => {
    const tenant = await storied();
    expect(idsOf(await ledgerOf(tenant, query))).toEqual(ids);
    await evictDurableObject(tenant.object);
    expect(idsOf(await ledgerOf(tenant, { ...query, limit: 1 }))).toEqual(ids);
  });
});

describe("the entries of one commit share a row", () => {
  const rowsOf = (tenant: Tenant) =>
    runInDurableObject(tenant.object, (_, { storage }) =>
      storage.sql.exec("SELECT first_id, last_at, json_array_length(entries) AS entries FROM ledger").toArray(),
    );

  test("and are paged as if each had its own, from any id", async () => {
    const tenant = tenantAt(START_MS);
    const consumes = (count: number) =>
      tenant.batch(Array.from({ length: count }, () => ({ op: "consume", tokens_in: 1 })));
    await consumes(5);
    setNow(START_MS + 1);
    await tenant.consume({ tokens_in: 1 });
    await evictDurableObject(tenant.object);
    setNow(START_MS + 2);
    await consumes(4);
    expect(await rowsOf(tenant)).toEqual([
      { first_id: 1, last_at: START_MS, entries: 5 },
      { first_id: 6, last_at: START_MS + 1, entries: 1 },
      { first_id: 7, last_at: START_MS + 2, entries: 4 },
    ]);
    for (let after = 0; after <= 11; after += 1) {
      for (const limit of [1, 2, 3, 5, 10]) {
        const { items, next } = await tenant.ledger({ after, limit });
        const ids = Array.from({ length: 10 }, (_, i) => i + 1).filter((id) => id > after);
        expect(idsOf(items)).toEqual(ids.slice(0, limit));
        expect(next).toBe(ids.length > limit ? after + limit : null);
      }
    }
  });

  test("up to the size of a row", async () => {
    const tenant = tenantAt(START_MS);
    const note = "x".repeat(1000);
    const adjust = { op: "adjust", bucket: ALICE, tokens_in: 1, note };
    await tenant.batch(Array.from({ length: 1000 }, () => adjust));
    const rows = await rowsOf(tenant);
    expect(rows.map(({ first_id }) => first_id)).toEqual([1, expect.any(Number), expect.any(Number)]);
    expect(rows.reduce((sum, { entries }) => sum + Number(entries), 0)).toBe(1000);
    expect(idsOf(await ledgerOf(tenant))).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  test("and a page reads at most five hundred rows to find matches", async () => {
    const tenant = tenantAt(START_MS);
    for (let i = 0; i < 600; i += 1) await tenant.consume({});
    await tenant.consume({ user_id: "alice" });
    const first = await tenant.ledger({ after: 0, limit: 10, user_id: "alice" });
    expect(first).toEqual({ items: [], next: 500 });
    const second = await tenant.ledger({ after: 500, limit: 10, user_id: "alice" });
    expect([idsOf(second.items), second.next]).toEqual([[601], null]);
  });
});
