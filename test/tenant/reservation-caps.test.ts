/** A capped reservation gets exactly what every limit has left. */
import { expect, test } from "vitest";
import { newTenant, refusalOf } from "./tenant.ts";

test("with if_short cap, a reservation is granted what every limit has left", async () => {
  const tenant = newTenant();
  await tenant.configure({ max_tokens: 1000, max_output_tokens: 50, per_user_max_cost_usd: 1 });
  const ask = { user_id: "alice", tokens: 900, input_tokens: 700, output_tokens: 200, cost_usd: 4 };
  expect((await refusalOf(tenant.reserve(ask))).decision?.limit).toBe("max_output_tokens");
  expect((await tenant.reserve({ ...ask, if_short: "cap" })).granted).toEqual({
    tokens: 750,
    input_tokens: 700,
    output_tokens: 50,
    cost_usd: 1,
  });
  expect((await refusalOf(tenant.reserve({ ...ask, if_short: "cap" }))).code).toBe("limit_reached");
});
