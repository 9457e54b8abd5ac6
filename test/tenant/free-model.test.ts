/** A model that costs nothing is not blocked by a limit of cost. */
import { expect, test } from "vitest";
import { StandardBudget } from "../../src/core/index.ts";
import { priceCall } from "../../src/pricing/index.ts";
import { configured, refusalOf } from "./tenant.ts";

const PRICES = { own: { input_usd: 0, output_usd: 0 }, half: { input_usd: 0, output_usd: 1 } };
const FREE = ["own", "deepseek/deepseek-r1:free", "omni-moderation-latest"];

test.each(FREE)("%s is allowed and reserved when the cost is used up, and an extension of it", async (model) => {
  const tenant = await configured({ max_cost_usd: 1, prices: PRICES });
  await tenant.consume({ cost_usd: 2 });
  for (const step of [{ model }, { model, tokens: 1000 }]) {
    expect(await tenant.allowsStep(step)).toMatchObject({ state: "warn", remaining: { cost_usd: 0 } });
    const { id, decision } = await tenant.reserve(step);
    expect(decision.state).toBe("warn");
    expect((await tenant.extend(id, { tokens: 5 })).decision.state).toBe("warn");
    expect((await tenant.commit(id, { tokens_in: 5 })).decision.state).toBe("warn");
  }
  expect(await tenant.consume({ model, tokens_in: 5 })).toMatchObject({ state: "warn", cost_usd: 0 });
  expect((await tenant.allowsStep()).state).toBe("blocked");
});

test.each(["half", "gpt-4o-mini"])("%s is blocked", async (model) => {
  const tenant = await configured({ max_cost_usd: 1, prices: PRICES });
  await tenant.consume({ cost_usd: 2 });
  for (const step of [{ model }, { model, input_tokens: 1000 }]) {
    expect((await tenant.allowsStep(step)).state).toBe("blocked");
    expect((await refusalOf(tenant.reserve(step))).code).toBe("budget_exhausted");
  }
});

test("it is blocked by any other limit, and by a freeze", async () => {
  const tenant = await configured({ max_cost_usd: 1, max_tokens: 10, prices: PRICES });
  await tenant.consume({ cost_usd: 2 });
  expect(await tenant.allowsStep({ model: "own", tokens: 11 })).toMatchObject({
    state: "blocked",
    limit: "max_tokens",
  });
  await tenant.freeze({ scope: "tenant", id: null }, { note: "n" });
  expect(await tenant.allowsStep({ model: "own" })).toMatchObject({ state: "blocked", reason: "frozen" });
});

test("it is allowed in process", () => {
  const budget = new StandardBudget({ max_cost_usd: 1, prices: PRICES }, { pricer: priceCall });
  budget.consume({ cost_usd: 2 });
  expect([budget.allowsStep({ model: "own" }).state, budget.allowsStep().state]).toEqual(["warn", "blocked"]);
  expect(budget.consume({ model: "own", tokens_in: 1 }).state).toBe("warn");
});
