import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { rowsWritten } from "./rows-written.ts";
import { newTenant, valueIn } from "./tenant.ts";

type Tenant = ReturnType<typeof newTenant>;

/** Makes every n-th write of the object's throw, as a failing disk would; answers how to mend it. */
async function failEveryNth(tenant: Tenant, n: number): Promise<() => Promise<void>> {
  let writes = 0;
  await runInDurableObject(tenant, (_, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql);
    Object.defineProperty(storage.sql, "exec", {
      configurable: true,
      value: (sql: string, ...bindings: SqlStorageValue[]) => {
        writes += Number(/^\s*(INSERT|UPDATE|DELETE)/.test(sql));
        if (/^\s*(INSERT|UPDATE|DELETE)/.test(sql) && writes % n === 0) throw new Error("disk I/O error");
        return exec(sql, ...bindings);
      },
    });
  });
  return () => runInDurableObject(tenant, (_, { storage }) => void Reflect.deleteProperty(storage.sql, "exec"));
}

describe("operations that arrive together", () => {
  const spend = (i: number) => ({ user_id: `u${i}`, tokens_in: 1, cost_usd: 0.001 });

  test("share the tenant's row and the ledger's: 32 consumes of one user are three rows, of 32 users 34", async () => {
    const tenant = newTenant();
    const together = (user: (i: number) => number) =>
      Promise.all(Array.from({ length: 32 }, async (_, i) => valueIn(await tenant.consume(spend(user(i))))));
    await together((i) => i);
    expect(await rowsWritten(tenant, () => together(() => 0))).toBe(3);
    expect(await rowsWritten(tenant, () => together((i) => i))).toBe(34);
  });

  test("write a hold that is made and settled among them once", async () => {
    const tenant = newTenant();
    // After a crowd, the first of the next one waits for the others.
    await Promise.all(Array.from({ length: 3 }, () => tenant.consume({})));
    const rows = await rowsWritten(tenant, async () => {
      const held = await Promise.all(Array.from({ length: 10 }, () => tenant.reserve({ tokens: 1 })));
      await Promise.all(held.map((hold) => tenant.commit(valueIn(hold).id, { tokens_in: 1 })));
    });
    // Ten holds and a row of the ledger, then the ten again, the tenant, the user, and a row of the ledger.
    expect(rows).toBe(10 + 1 + 10 + 3);
  });

  test("each have their own refusal", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens: 2 }));
    const answers = await Promise.all(Array.from({ length: 4 }, () => tenant.reserve({ tokens: 1 })));
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, false, false]);
  });

  test("do not fall with one that faults", async () => {
    const tenant = newTenant();
    valueIn(await tenant.consume(spend(0)));
    await runInDurableObject(tenant, (_, { storage }) => {
      const exec = storage.sql.exec.bind(storage.sql);
      Object.defineProperty(storage.sql, "exec", {
        configurable: true,
        value: (sql: string, ...bindings: SqlStorageValue[]) => {
          if (bindings.includes("faulty")) throw new Error("disk I/O error");
          return exec(sql, ...bindings);
        },
      });
    });
    const users = ["a", "faulty", "b"];
    const settled = await Promise.allSettled(users.map((user_id) => tenant.consume({ user_id, tokens_in: 1 })));
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 3, calls: 3, users: 3 });
    expect(valueIn(await tenant.audit()).ok).toBe(true);
  });

  test.each([2, 3, 5, 7])("leave nothing half written where every %i. write fails", async (n) => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ per_run_max_tokens: 1_000_000, max_users: 3 }));
    const mend = await failEveryNth(tenant, n);
    let answered = 0;
    for (let round = 0; round < 12; round += 1) {
      const calls = [0, 1, 2].map((i) =>
        tenant.consume({ user_id: `u${round % 5}`, tokens_in: 1, labels: { run: `r${i}` } }).then(
          () => 1,
          () => 0,
        ),
      );
      const hold = tenant.reserve({ tokens: 5, idempotency_key: `k${round}` }).then(
        async (held) => void (await tenant.commit(valueIn(held).id, { tokens_in: 0 }).catch(() => {})),
        () => {},
      );
      const [counts] = await Promise.all([Promise.all(calls), hold]);
      answered += counts.reduce<number>((sum, count) => sum + count, 0);
    }
    await mend();
    expect(valueIn(await tenant.usage()).tokens_in).toBe(answered);
    expect(valueIn(await tenant.audit())).toMatchObject({ ok: true, differences: [] });
    valueIn(await tenant.consume({ tokens_in: 1 }));
    expect(valueIn(await tenant.usage()).tokens_in).toBe(answered + 1);
  });
});
