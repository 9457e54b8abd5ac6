import { expect, test } from "vitest";
import { newTenant, valueIn } from "./tenant.ts";

test("a reservation holds what every limit has left where that is asked for", async () => {
  const tenant = newTenant();
  valueIn(await tenant.configure({ max_tokens: 1000, max_output_tokens: 50, per_user_max_cost_usd: 1 }));
  const ask = { user_id: "alice", tokens: 900, input_tokens: 700, output_tokens: 200, cost_usd: 4 };
  expect(await tenant.reserve(ask)).toMatchObject({ refusal: { decision: { limit: "max_output_tokens" } } });
  expect(valueIn(await tenant.reserve({ ...ask, if_short: "cap" })).granted).toEqual({
    tokens: 750,
    input_tokens: 700,
    output_tokens: 50,
    cost_usd: 1,
  });
  expect(await tenant.reserve({ ...ask, if_short: "cap" })).toMatchObject({ refusal: { code: "limit_reached" } });
});
