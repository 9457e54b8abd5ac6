/** Configurations are patched, edited conditionally, and kept as versions. */
import { expect, test } from "vitest";
import { Tenant, useSetClock } from "./clock.ts";

useSetClock();
const NOW = "2026-01-01T00:00:00Z";

test("a patch merges: null removes a key, objects merge, everything else replaces", async () => {
  const calls = new Tenant().at(NOW);
  const model = { input_usd: 1, output_usd: 2 };
  await calls.put("/config", { max_tokens: 5, max_calls: 7, prices: { a: model, b: model } });
  const merge = { "content-type": "application/merge-patch+json" };
  const patched = await calls.patch(
    "/config",
    { max_tokens: null, max_calls: 8, prices: { a: null, b: { output_usd: 3 } } },
    merge,
  );
  expect(patched.body).toEqual({ max_calls: 8, prices: { b: { input_usd: 1, output_usd: 3 } } });
  expect((await calls.get("/config")).body).toEqual(patched.body);
});

test("the second of two edits with the same If-Match is refused", async () => {
  const calls = new Tenant().at(NOW);
  expect((await calls.get("/config")).headers.get("etag")).toBe('"v0"');
  expect((await calls.put("/config", { max_calls: 1 }, { "if-match": '"v0"' })).headers.get("etag")).toBe('"v1"');
  expect(await calls.put("/config", { max_calls: 2 }, { "if-match": '"v0"' })).toMatchObject({ status: 412 });
  expect(await calls.patch("/config", { max_calls: 2 }, { "if-match": 'W/"v1"' })).toMatchObject({ status: 412 });
  expect(await calls.patch("/config", { max_calls: 3 }, { "if-match": '"v7", "v1"' })).toMatchObject({ status: 200 });
  expect(await calls.put("/config", { max_calls: 4 }, { "if-match": "*" })).toMatchObject({ status: 200 });
  expect((await calls.get("/config")).body).toEqual({ max_calls: 4 });
});

test("every version is kept with its time and author, a page at a time", async () => {
  const tenant = new Tenant();
  await tenant.at(NOW).put("/config", { max_calls: 1 }, { from: "ops@acme.example" });
  await tenant.at("2026-01-01T03:00:00Z").patch("/config", { max_calls: 2 });
  const { body } = await tenant.at("2026-01-01T03:00:00Z").get("/config/history");
  expect(body).toEqual({
    items: [
      { version: 1, at: "2026-01-01T00:00:00.000Z", author: "ops@acme.example", config: { max_calls: 1 } },
      { version: 2, at: "2026-01-01T03:00:00.000Z", author: null, config: { max_calls: 2 } },
    ],
    next: null,
  });
  const first = await tenant.at(NOW).get("/config/history?limit=1");
  expect(first.body).toMatchObject({ items: [{ version: 1 }], next: 1 });
  const second = await tenant.at(NOW).get("/config/history?limit=1&after=1");
  expect(second.body).toMatchObject({ items: [{ version: 2 }], next: null });
  expect((await tenant.at(NOW).get("/config/history?after=2")).body).toEqual({ items: [], next: null });
});
