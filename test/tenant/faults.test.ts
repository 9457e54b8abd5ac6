import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { newTenant, valueIn } from "./tenant.ts";

/** Makes the object's next write of a kind of row fail, as a full disk would. */
async function failNext(tenant: ReturnType<typeof newTenant>, query: string): Promise<void> {
  await runInDurableObject(tenant, (_, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql);
    Object.defineProperty(storage.sql, "exec", {
      configurable: true,
      value: (sql: string, ...bindings: SqlStorageValue[]) => {
        if (!sql.includes(query)) return exec(sql, ...bindings);
        Reflect.deleteProperty(storage.sql, "exec");
        throw new Error("disk I/O error");
      },
    });
  });
}

describe("where a write fails, nothing of the operation stays, and the next one is right", () => {
  test.each(["INTO bucket", "INTO tenant", "INTO ledger"])("%s", async (query) => {
    const tenant = newTenant();
    valueIn(await tenant.consume({ user_id: "alice", tokens_in: 5 }));
    await failNext(tenant, query);
    const failure = await tenant.consume({ user_id: "alice", tokens_in: 7 }).then(
      () => "answered",
      (error: Error) => error.message,
    );
    expect(failure).toContain("disk I/O error");
    expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 5, calls: 1, users: 1 });
    expect(valueIn(await tenant.usageFor("alice"))).toMatchObject({ tokens_in: 5, calls: 1 });
    valueIn(await tenant.consume({ user_id: "bob", tokens_in: 1 }));
    expect(valueIn(await tenant.usage())).toMatchObject({ tokens_in: 6, calls: 2, users: 2 });
  });

  test("of a configuration", async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens: 5 }));
    await failNext(tenant, "INTO config");
    await tenant.configure({ max_tokens: 50 }).then(
      () => expect.unreachable(),
      () => {},
    );
    expect(valueIn(await tenant.config())).toMatchObject({ version: 1, config: { max_tokens: 5 } });
  });
});
