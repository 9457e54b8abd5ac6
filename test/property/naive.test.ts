import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Calendar, StandardBudget } from "../../src/core/index.ts";
import { newTenant, setNow, valueIn } from "../tenant/tenant.ts";
import { calendars, configs, instants, streams } from "./arbitraries.ts";
import { NaiveBudget } from "./naive-budget.ts";
import { naivePeriod } from "./naive-calendar.ts";

const CALENDAR_CASES = 3000;
const IN_PROCESS_CASES = 8000;
const OBJECT_CASES = 2000;
const TIMEOUT_MS = 150_000;

beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

test("a period is what walking the dates finds, and holds the instant", { timeout: TIMEOUT_MS }, () => {
  const units = fc.constantFrom("minute", "hour", "day", "week", "month" as const);
  fc.assert(
    fc.property(calendars, units, instants, (settings, unit, nowMs) => {
      const period = new Calendar(settings).period(unit, nowMs);
      expect(period).toEqual(naivePeriod(settings, unit, nowMs));
      expect(period.startMs <= nowMs && nowMs < period.endMs).toBe(true);
      expect(new Calendar(settings).period(unit, period.endMs).startMs).toBe(period.endMs);
    }),
    { numRuns: CALENDAR_CASES },
  );
});

test("the in-process budget answers as adding everything up does", { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(configs, instants, streams, (config, startMs, stream) => {
      let nowMs = startMs;
      const budget = new StandardBudget(config, { clock: () => nowMs });
      const naive = new NaiveBudget(config, nowMs);
      for (const call of stream) {
        nowMs += call.afterMs;
        if (call.op === "usage") {
          expect(budget.usageFor(call.userId)).toMatchObject(naive.usageFor(call.userId, nowMs));
        } else if (call.op === "allows") {
          expect(budget.allowsStep({ ...call.step, detail: true })).toEqual(naive.allowsStep(call.step, nowMs));
        } else {
          expect(budget.consume({ ...call.step, detail: true })).toEqual(naive.consume(call.step, nowMs));
        }
      }
    }),
    { numRuns: IN_PROCESS_CASES },
  );
});

test("so does the object, though it leaves memory now and then", { timeout: TIMEOUT_MS }, async () => {
  const evictions = fc.infiniteStream(fc.integer({ min: 0, max: 99 }));
  await fc.assert(
    fc.asyncProperty(configs, instants, streams, evictions, async (config, startMs, stream, dice) => {
      const tenant = newTenant();
      let nowMs = startMs;
      setNow(nowMs);
      valueIn(await tenant.configure(config));
      const naive = new NaiveBudget(config, nowMs);
      for (const call of stream) {
        nowMs += call.afterMs;
        setNow(nowMs);
        if (call.op === "usage") {
          expect(valueIn(await tenant.usageFor(call.userId))).toMatchObject(naive.usageFor(call.userId, nowMs));
        } else if (call.op === "allows") {
          const answer = valueIn(await tenant.allowsStep({ ...call.step, detail: true }));
          expect(answer).toEqual(naive.allowsStep(call.step, nowMs));
        } else {
          const answer = valueIn(await tenant.consume({ ...call.step, detail: true }));
          expect(answer).toEqual(naive.consume(call.step, nowMs));
          // A read's touch is in memory until the next write, so the object leaves it right after one.
          if (dice.next().value < 5) await evictDurableObject(tenant);
        }
      }
    }),
    { numRuns: OBJECT_CASES },
  );
});
