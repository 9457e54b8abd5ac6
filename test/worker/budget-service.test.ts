/** Another Worker gets the same answers through the service binding. */
import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { BudgetService } from "../../src/index.ts";

const budget = exports.BudgetService as unknown as Service<BudgetService>;

/** What a call threw. `expect().rejects` takes an RPC promise's `then` twice, and leaves the second one unhandled. */
async function thrownBy(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    return error;
  }
}

describe("another Worker, through the service binding,", () => {
  test("gets the answers that HTTP gives", async () => {
    using acme = await budget.tenant(crypto.randomUUID());
    expect(await acme.configure({ max_tokens: 10 })).toMatchObject({ version: 1, config: { max_tokens: 10 } });
    expect(await acme.allowsStep()).toMatchObject({ state: "ok", reason: null, limit: null });
    expect(await acme.consume({ tokens_in: 9, user_id: "alice" })).toMatchObject({
      state: "warn",
      reason: "tokens at 90%",
      limit: "max_tokens",
    });
    expect(await acme.consume({ tokens_in: 1 })).toMatchObject({ state: "blocked", limit: "max_tokens" });
    expect(await acme.usage()).toMatchObject({ tokens_total: 10, calls: 2, users: 2 });
    expect(await acme.usageFor("alice")).toMatchObject({ tokens_total: 9 });
    expect(await acme.usageFor()).toMatchObject({ tokens_total: 1 });
    expect(await acme.config()).toMatchObject({ version: 1, config: { max_tokens: 10 } });
  });

  test("can call in one expression", async () => {
    expect(await budget.tenant(crypto.randomUUID()).consume({ tokens_in: 1 })).toMatchObject({ state: "ok" });
  });

  test("gets an error that names the invalid field", async () => {
    using acme = await budget.tenant(crypto.randomUUID());
    expect(await thrownBy(acme.consume({ tokens_in: -1, user_id: "" }))).toMatchObject({
      name: "BudgetError",
      code: "invalid_input",
      status: 400,
      errors: [{ pointer: "/user_id" }, { pointer: "/tokens_in" }],
    });
    expect(await thrownBy(acme.consume({ tokens_in: Number.NaN }))).toMatchObject({
      message: expect.stringContaining("/tokens_in takes a whole number"),
    });
    expect(await thrownBy(acme.usageFor(""))).toMatchObject({ code: "invalid_path" });
    expect(await thrownBy(acme.configure({ max_tokens: -1 }))).toMatchObject({ code: "invalid_input" });
    expect(await acme.usage()).toMatchObject({ calls: 0 });
  });

  test.each<[string, unknown, string]>([
    ["an author that is not text", { author: { a: 1 } }, "/author"],
    ["an author of 257 characters", { author: "x".repeat(257) }, "/author"],
    ["a version that is not a number", { ifVersion: ["v1"] }, "/ifVersion/0"],
    ["an idempotency_key of 257 bytes", { idempotency_key: "k".repeat(257) }, "/idempotency_key"],
    ["an unknown field", { if_version: [1] }, "/if_version"],
  ])("gets an error for an edit with %s, which changes nothing", async (_, edit, pointer) => {
    using acme = await budget.tenant(crypto.randomUUID());
    const refusal = { code: "invalid_input", errors: [{ pointer }] };
    expect(await thrownBy(acme.configure({ max_tokens: 1 }, edit as object))).toMatchObject(refusal);
    expect(await thrownBy(acme.patchConfig({ max_tokens: 1 }, edit as object))).toMatchObject(refusal);
    const alice = { scope: "user", id: "alice" };
    expect(await thrownBy(acme.setLimits(alice, { max_tokens: 1 }, edit as object))).toMatchObject(refusal);
    expect(await thrownBy(acme.clearLimits(alice, edit as object))).toMatchObject(refusal);
    expect(await acme.config()).toMatchObject({ version: 0 });
    expect(await acme.ledger()).toMatchObject({ items: [] });
  });

  test.each([
    "x",
    "[]",
    "[-1]",
    "[0.5]",
    '["bucket"]',
    '[3,"user"]',
    '[0,{"a":1}]',
    "{}",
    `[0,"${"x".repeat(20_000)}"]`,
  ])("gets an error for an export after %s, which is no page's next", async (after) => {
    using acme = await budget.tenant(crypto.randomUUID());
    await acme.consume({ tokens_in: 1, user_id: "alice" });
    expect(await thrownBy(acme.export(after))).toMatchObject({
      code: "invalid_input",
      errors: [{ pointer: "/after", detail: 'takes the value of "next" in the previous page' }],
    });
  });

  test("exports everything, page by page", async () => {
    using acme = await budget.tenant(crypto.randomUUID());
    await acme.consume({ tokens_in: 1, user_id: "alice" });
    const tables: string[] = [];
    for (let after: string | null = ""; after !== null; ) {
      const page: { items: readonly { table: string }[]; next: string | null } = await acme.export(after);
      tables.push(...page.items.map(({ table }) => table));
      after = page.next;
    }
    expect(tables).toEqual(expect.arrayContaining(["tenant", "bucket", "ledger"]));
  });

  test("cannot name a tenant that an HTTP call could not", async () => {
    expect(await thrownBy(budget.tenant("").usage())).toMatchObject({ code: "invalid_path" });
    expect(await thrownBy(budget.tenant("x".repeat(257)).usage())).toMatchObject({ code: "invalid_path" });
    expect(await thrownBy(budget.tenant("\ud800").usage())).toMatchObject({ code: "invalid_path" });
  });
});
