/** The `RateLimit` and `RateLimit-Policy` fields of the answer to a step. */
import { expect, test } from "vitest";
import { Tenant, useSetClock } from "./clock.ts";
import { send } from "./http.ts";
import { bearer, sign, tenantOf } from "./token.ts";

useSetClock();
const NOW = "2026-01-01T22:00:00Z";

/** What the fields say after a step. */
async function fieldsFor(config: object, spent: object): Promise<(string | null)[]> {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", config);
  const { headers } = await calls.post("/consume", spent);
  return [headers.get("ratelimit-policy"), headers.get("ratelimit")];
}

test.each([
  ["no limit", {}, {}, null, null],
  ["a lifetime limit", { max_tokens: 1000 }, { tokens_in: 1 }, '"max_tokens";q=1000;qu="tokens"', '"max_tokens";r=999'],
  [
    "a calendar window",
    { max_calls_per_day: 10 },
    {},
    '"max_calls_per_day";q=10;w=86400',
    '"max_calls_per_day";r=9;t=7200',
  ],
  [
    "a rolling window",
    { max_input_tokens_per_5h: 10 },
    { tokens_in: 10 },
    '"max_input_tokens_per_5h";q=10;qu="input-tokens";w=18000',
    '"max_input_tokens_per_5h";r=0;t=18300',
  ],
  [
    "a month, which has no fixed length",
    { max_cost_usd_per_month: 0.5 },
    { cost_usd: 0.25 },
    '"max_cost_usd_per_month";q=500000;qu="micro-usd"',
    `"max_cost_usd_per_month";r=250000;t=${30 * 86_400 + 7200}`,
  ],
  [
    "the limit with the least left",
    { max_tokens: 100, max_output_tokens: 50, max_calls: 1000 },
    { tokens_in: 10, tokens_out: 30 },
    '"max_output_tokens";q=50;qu="output-tokens"',
    '"max_output_tokens";r=20',
  ],
  [
    "the limit that warns",
    { max_tokens: 100, max_calls: 2 },
    { tokens_in: 85 },
    '"max_tokens";q=100;qu="tokens"',
    '"max_tokens";r=15',
  ],
  [
    "a limit that is enforced, before one in shadow",
    { max_tokens: 100, max_calls: 1, shadow_limits: ["max_calls"] },
    { tokens_in: 10 },
    '"max_tokens";q=100;qu="tokens"',
    '"max_tokens";r=90',
  ],
  [
    "micro-USD that are a whole number, whatever their product is",
    { max_cost_usd: 0.000251 },
    {},
    '"max_cost_usd";q=251;qu="micro-usd"',
    '"max_cost_usd";r=251',
  ],
  [
    "what a structured field cannot represent",
    { max_tokens: 2 ** 53 - 1 },
    {},
    '"max_tokens";q=999999999999999;qu="tokens"',
    '"max_tokens";r=999999999999999',
  ],
])("%s", async (_, config, spent, policy, left) => {
  expect(await fieldsFor(config, spent)).toEqual([policy, left]);
});

test("a bound token gets its decision's values, and no maximum of the tenant's", async () => {
  const tenant = new Tenant();
  const calls = tenant.at(NOW);
  await calls.put("/config", { max_tokens: 100 });
  const token = await sign({ tenant: tenantOf(tenant.path), user: "alice" });
  const spend = (tokens_in: number) =>
    send(`${tenant.path}/consume`, {
      method: "POST",
      headers: { ...bearer(token), "content-type": "application/json" },
      body: JSON.stringify({ tokens_in }),
    });
  expect((await spend(10)).headers.get("ratelimit")).toBeNull();
  const { headers } = await spend(75);
  expect([headers.get("ratelimit-policy"), headers.get("ratelimit")]).toEqual([null, '"max_tokens";r=15']);
});

test("an idempotency_key is compared with the request as it was sent", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { max_tokens: 100 });
  const spend = (tokens_in: number) => calls.post("/consume", { tokens_in, idempotency_key: `k${tokens_in}` });
  expect((await spend(10)).headers.get("ratelimit")).toBeNull();
  expect((await spend(75)).headers.get("ratelimit")).toBe('"max_tokens";r=15');
});

test("a reservation, granted or refused, reports the limit too", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { max_tokens_per_day: 100 });
  const held = await calls.post("/reservations", { tokens: 90, detail: true });
  expect(held.headers.get("ratelimit")).toBe('"max_tokens_per_day";r=10;t=7200');
  expect(held.headers.get("ratelimit-policy")).toBe('"max_tokens_per_day";q=100;qu="tokens";w=86400');
  const refused = await calls.post("/reservations", { tokens: 20 });
  expect(refused).toMatchObject({ status: 429, body: { decision: { limit: "max_tokens_per_day" } } });
  expect(refused.headers.get("ratelimit")).toBe('"max_tokens_per_day";r=10');
});

test("limits are in the body only with detail", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { max_tokens: 100 });
  expect((await calls.post("/allows-step", {})).body).not.toHaveProperty("limits");
  expect((await calls.post("/allows-step", { detail: false })).body).not.toHaveProperty("limits");
  expect((await calls.post("/allows-step", { detail: true })).body.limits).toHaveLength(1);
});
