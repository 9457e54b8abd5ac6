/** The stored fields in which an erasure replaces a user's id. */
import { expect, test } from "vitest";
import { configured, ledgerOf, type Tenant, useSetClock } from "./tenant.ts";

useSetClock();

const HASH = expect.stringMatching(/^#[0-9a-f]{64}$/);
const ID = "alice@example.com";

const erase = async (tenant: Tenant, userId = ID) =>
  await tenant.run({ op: "erase_user", id: userId, pseudonym: "erased-1" });

test("an erasure replaces the id in labels, authors, notes and idempotency keys", async () => {
  const tenant = await configured({});
  const labels = { customer: ID, team: "red" };
  await tenant.configure({ max_tokens: 100 }, { author: ID });
  await tenant.consume({ user_id: ID, tokens_in: 1, labels, idempotency_key: `${ID}-17` });
  const note = `for ${ID}, not malice@example.com`;
  await tenant.adjust({ scope: "tenant", id: null }, { tokens_in: 1, note });
  await erase(tenant);
  const entries = await ledgerOf(tenant);
  expect(entries).toMatchObject([
    { kind: "config" },
    { kind: "config", author: "erased-1" },
    { user_id: "erased-1", labels: { customer: "erased-1", team: "red" }, idempotency_key: HASH },
    { note: "for erased-1, not malice@example.com" },
    { kind: "erasure" },
  ]);
  expect((await tenant.config()).author).toBe("erased-1");
  expect((await tenant.configHistory({ after: 0, limit: 10 })).items[1]?.author).toBe("erased-1");
});

test("a label that a limit counts by stays, and so do others' labels, so that sums stay", async () => {
  const tenant = await configured({ per_customer_max_tokens: 100 });
  const labels = { customer: ID, contact: ID };
  await tenant.consume({ user_id: ID, tokens_in: 1, labels });
  await tenant.consume({ user_id: "bob", tokens_in: 1, labels });
  await erase(tenant);
  const [own, others] = await ledgerOf(tenant, { kind: "consume" });
  expect(own?.labels).toEqual({ customer: ID, contact: "erased-1" });
  expect(others?.labels).toEqual(labels);
  expect((await tenant.audit()).ok).toBe(true);
});

test("an id with the special characters of a pattern is found literally", async () => {
  const tenant = await configured({});
  const id = "a-b.c*(d)[e]/{f}|$^\\";
  await tenant.adjust({ scope: "tenant", id: null }, { tokens_in: 1, note: `of ${id}; a-bxc` });
  await erase(tenant, id);
  expect(await ledgerOf(tenant, { kind: "adjustment" })).toMatchObject([{ note: "of erased-1; a-bxc" }]);
});

test("an id of two characters is not replaced in notes", async () => {
  const tenant = await configured({});
  await tenant.adjust({ scope: "tenant", id: null }, { tokens_in: 1, note: "it is ok" });
  await erase(tenant, "ok");
  expect(await ledgerOf(tenant, { kind: "adjustment" })).toMatchObject([{ note: "it is ok" }]);
});
