/** Pages of large rows stay far below the largest possible answer. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { ExportedRow, Page } from "../../src/wire/index.ts";
import { configured, START_MS, useSetClock } from "./tenant.ts";

useSetClock();

const MEGABYTE = 1_000_000;

test("an export of large rows completes, each page far below the largest answer of one call", async () => {
  const tenant = await configured();
  const entries = JSON.stringify([{ at: START_MS, kind: "config", note: "x".repeat(MEGABYTE) }]);
  await runInDurableObject(tenant.object, (_, { storage }) => {
    for (let i = 0; i < 40; i += 1) {
      storage.sql.exec("INSERT INTO ledger (first_id, last_at, entries) VALUES (?, ?, ?)", 100 + i, START_MS, entries);
    }
  });
  let rows = 0;
  for (let after: string | null = ""; after !== null; ) {
    const page: Page<ExportedRow, string> = await tenant.export(after);
    expect(JSON.stringify(page).length).toBeLessThan(6 * MEGABYTE);
    rows += page.items.filter(({ table }) => table === "ledger").length;
    after = page.next;
  }
  expect(rows).toBe(41);
});

test("so does the history of a large configuration", async () => {
  const tenant = await configured();
  const config = JSON.stringify({ prices: { m: { input_usd: 1, output_usd: 1, note: "x".repeat(60_000) } } });
  await runInDurableObject(tenant.object, (_, { storage }) => {
    for (let version = 2; version < 902; version += 1) {
      storage.sql.exec("INSERT INTO config (version, at, config) VALUES (?, ?, ?)", version, START_MS, config);
    }
  });
  let versions = 0;
  for (let after: number | null = 0; after !== null; ) {
    const page: Page<object> = await tenant.configHistory({ after, limit: 1000 });
    expect(page.items.length).toBeLessThan(100);
    versions += page.items.length;
    after = page.next;
  }
  expect(versions).toBe(901);
});
