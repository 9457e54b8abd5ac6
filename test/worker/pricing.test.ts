/** A call's cost: the caller's own, the configuration's or the catalogue's. */
import { expect, test } from "vitest";
import { Tenant, useSetClock } from "./clock.ts";

useSetClock();
const NOW = "2026-01-01T00:00:00Z";
const PRICES = { "my-model": { input_usd: 2, output_usd: 8, cache_read_usd: 0.5 } };

test("a call is priced by its model: inputs, outputs, cache reads and writes", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { prices: PRICES });
  const tokens = { tokens_in: 1000, cache_read_input_tokens: 600, cache_write_input_tokens: 100, tokens_out: 50 };
  await calls.post("/consume", { model: "my-model", ...tokens, reasoning_output_tokens: 20 });
  // 300 at 2, 600 at 0.5, 100 written at the input's 2, and 50 at 8 USD per million.
  expect((await calls.get("/tenant/usage")).body).toMatchObject({
    cost_usd: 0.0015,
    tokens_in: 1000,
    cache_read_input_tokens: 600,
    cache_write_input_tokens: 100,
    reasoning_output_tokens: 20,
  });
  expect((await calls.get("/ledger?after=1")).body.items).toEqual([
    {
      id: 2,
      at: "2026-01-01T00:00:00.000Z",
      kind: "consume",
      model: "my-model",
      ...tokens,
      reasoning_output_tokens: 20,
      unpriced_calls: 0,
      unpriced_tokens: 0,
      cost_usd: 0.0015,
      calls: 1,
      price: { source: "config", rates: PRICES["my-model"] },
    },
  ]);
});

test("an answer has the cost that was counted, and its price", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { prices: PRICES });
  const tokens = { tokens_in: 1000, tokens_out: 50 };
  const price = { source: "config", rates: PRICES["my-model"] };
  const consumed = await calls.post("/consume", { model: "my-model", ...tokens });
  expect(consumed.body).toMatchObject({ cost_usd: 0.0024, price });
  const reserved = await calls.post("/reservations", { model: "my-model", tokens: 2000 });
  expect(reserved.body).not.toHaveProperty("cost_usd");
  const committed = await calls.post(`/reservations/${reserved.body.id}/commit`, tokens);
  expect(committed.body).toMatchObject({ cost_usd: 0.0024, price, spent: { cost_usd: 0.0024 } });
  const listed = await calls.post("/consume", { model: "gpt-4o-mini", tokens_in: 1_000_000 });
  // The catalogue's rates of searches are left out: they are not for tokens.
  const rates = { input_mtok: 0.15, cache_read_mtok: 0.075, output_mtok: 0.6 };
  expect([listed.body.cost_usd, listed.body.price]).toEqual([0.15, { source: "openai/gpt-4o-mini", rates }]);
  const told = await calls.post("/consume", { model: "gpt-4o-mini", tokens_in: 5, cost_usd: 0.3 });
  expect([told.body.cost_usd, "price" in told.body]).toEqual([0.3, false]);
  const unknown = await calls.post("/consume", { model: "no-such-model", tokens_in: 5 });
  expect([unknown.body.unpriced, "cost_usd" in unknown.body, "price" in unknown.body]).toEqual([true, false, false]);
});

test("a quote is what a consume of the same body counts, and records nothing", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { prices: PRICES });
  for (const body of [
    { model: "my-model", tokens_in: 1000, cache_read_input_tokens: 600, tokens_out: 50 },
    { model: "gpt-4o-mini", user_id: "alice", labels: { team: "red" }, tokens_in: 1_000_000, tokens_out: 7 },
    { model: "no-such-model", tokens_in: 5, cost_usd: 0.25 },
    { tokens_in: 5 },
  ]) {
    const { status, body: quoted } = await calls.post("/quote", body);
    const consumed = await calls.post("/consume", body);
    expect([status, quoted]).toEqual([200, { cost_usd: consumed.body.cost_usd, price: consumed.body.price }]);
  }
  const { entries } = (await calls.post("/audit")).body;
  expect(await calls.post("/quote", { model: "gpt-4o-minii", tokens_in: 5 })).toMatchObject({
    status: 422,
    body: { code: "unknown_model", detail: expect.stringContaining('Did you mean "gpt-4o-mini"?') },
  });
  expect(await calls.post("/quote", { tokens_in: 5, tokens_out: -1 })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: "/tokens_out" }] },
  });
  expect((await calls.post("/audit")).body.entries).toBe(entries);
});

test("the catalogue has the common models, by provider if one is given", async () => {
  const calls = new Tenant().at(NOW);
  await calls.post("/consume", { model: "gpt-4o-mini", tokens_in: 1_000_000, tokens_out: 0 });
  expect((await calls.get("/tenant/usage")).body.cost_usd).toBe(0.15);
  await calls.post("/consume", { model: "gpt-4o-mini", provider: "azure", tokens_in: 1_000_000 });
  const [, entry] = (await calls.get("/ledger")).body.items;
  expect(entry).toMatchObject({ provider: "azure", price: { source: "azure/gpt-4o-mini" } });
});

test("the configuration's price takes precedence over the catalogue's", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { prices: { "gpt-4o-mini": { input_usd: 1, output_usd: 1 } } });
  await calls.post("/consume", { model: "gpt-4o-mini", tokens_in: 1_000_000 });
  expect((await calls.get("/tenant/usage")).body.cost_usd).toBe(1);
});

test("the caller's cost_usd takes precedence over any price", async () => {
  const calls = new Tenant().at(NOW);
  await calls.post("/consume", { model: "gpt-4o-mini", tokens_in: 1_000_000, cost_usd: 0 });
  expect((await calls.get("/tenant/usage")).body).toMatchObject({ cost_usd: 0, calls: 1 });
});

test.each([{ model: "no-such-model" }, { model: "gpt-4o-mini", provider: "no-such-provider" }, { model: "whisper-1" }])(
  "a step with %o has no known price: under a cost limit it is an unknown_model, and nothing is recorded",
  async (model) => {
    const calls = new Tenant().at(NOW);
    await calls.put("/config", { per_user_max_cost_usd: 1 });
    for (const path of ["/allows-step", "/reservations"]) {
      for (const estimate of [{}, { tokens: 5 }]) {
        const refused = await calls.post(path, { ...model, ...estimate, user_id: "alice" });
        expect(refused).toMatchObject({ status: 422, body: { code: "unknown_model" } });
        expect(refused.body.detail).toContain(`the model "${model.model}"`);
      }
    }
    expect((await calls.get("/tenant/usage")).body).toMatchObject({ calls: 0, users: 0 });
  },
);
