/** The in-process budget answers as the original does. */
import { describe, expect, test } from "vitest";
import { type Budget, NoBudget, StandardBudget } from "../../src/core/index.ts";
import { CASES, expectAnswer } from "../vectors.ts";

describe("the in-process budget answers as the original", () => {
  test.each(CASES)("$name", ({ config, options, steps }) => {
    let nowMs = 0;
    const budget = new StandardBudget(config, { ...options, clock: () => nowMs });
    for (const step of steps) {
      nowMs = step.at * 1000;
      if (step.op === "consume") budget.consume(step);
      else if (step.op === "allows_step") expectAnswer(step, budget.allowsStep(step));
      else expectAnswer(step, budget.usageFor(step.user_id));
    }
  });
});

describe("a consume", () => {
  test("decides the step after it", () => {
    const budget = new StandardBudget({ max_tokens: 100 });
    expect(budget.consume({ tokens_in: 50, tokens_out: 29 })).toMatchObject({ state: "ok", reason: null, limit: null });
    expect(budget.consume({ tokens_in: 1 })).toMatchObject({
      state: "warn",
      reason: "tokens at 80%",
      limit: "max_tokens",
    });
    expect(budget.consume({ tokens_in: 20 })).toMatchObject({
      state: "blocked",
      reason: "max_tokens",
      limit: "max_tokens",
    });
  });

  test.each([
    [{ tokens_in: -1 }, "tokens_in takes"],
    [{ tokens_out: 0.5 }, "tokens_out takes"],
    [{ cost_usd: Number.NaN }, "cost_usd takes"],
    [{ cost_usd: -1 }, "cost_usd takes"],
  ])("of %o is refused and not recorded", (spent, why) => {
    const budget = new StandardBudget();
    expect(() => budget.consume(spent)).toThrow(why);
    expect(budget.usageFor()).toMatchObject({ tokens_total: 0, cost_usd: 0, calls: 0 });
  });

  test("that would make a total inexact sets it to its ceiling, and no other bucket's", () => {
    const budget = new StandardBudget();
    budget.consume({ tokens_in: Number.MAX_SAFE_INTEGER, user_id: "alice" });
    budget.consume({ tokens_out: 1, user_id: "bob" });
    expect(budget.usageFor("bob")).toMatchObject({ tokens_out: 1, calls: 1 });
    expect(budget.usageFor("alice").tokens_total).toBe(Number.MAX_SAFE_INTEGER);
    expect(budget.usage()).toMatchObject({ tokens_total: Number.MAX_SAFE_INTEGER, calls: 2 });
  });
});

test("a limit of 0 blocks at once, but a user without a bucket is not blocked by one of theirs", () => {
  expect(new StandardBudget({ max_calls: 0 }).allowsStep().limit).toBe("max_calls");
  expect(new StandardBudget({ per_user_max_calls: 0 }).allowsStep({ user_id: "alice" }).state).toBe("ok");
});

test("a percentage rounds as the original's does, from the product in floating point", () => {
  const budget = new StandardBudget({ max_tokens: 1000, soft_warning_at: 0.5 });
  expect(budget.consume({ tokens_in: 575 }).reason).toBe("tokens at 57%");
  expect(budget.consume({ tokens_in: 30 }).reason).toBe("tokens at 60%");
  expect(budget.consume({ tokens_in: 10 }).reason).toBe("tokens at 62%");
});

test("idle buckets are evicted without being read", () => {
  let nowMs = 0;
  const budget = new StandardBudget({}, { user_idle_ttl_seconds: 10, max_users: null, clock: () => nowMs });
  budget.consume({ tokens_in: 1, user_id: "alice" });
  nowMs = 10_000;
  budget.consume({ tokens_in: 1, user_id: "bob" });
  nowMs = 10_001;
  expect(budget.usageFor("alice").calls).toBe(0);
  expect(budget.usageFor("bob").calls).toBe(1);
});

test("no budget allows every step and counts nothing", async () => {
  const budget: Budget = new NoBudget();
  expect(await budget.consume({ tokens_in: 1e9 })).toMatchObject({ state: "ok", reason: null, limit: null });
  expect(await budget.allowsStep({ user_id: "alice" })).toMatchObject({ state: "ok", reason: null, limit: null });
  expect(await budget.usageFor("alice")).toMatchObject({ tokens_total: 0, calls: 0 });
});
