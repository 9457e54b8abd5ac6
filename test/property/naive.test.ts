/** Both engines against a reference that adds up every event for each answer. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type BudgetConfig, Calendar, StandardBudget, userKey } from "../../src/core/index.ts";
import type { TenantBudget } from "../../src/index.ts";
import type { UsageResponse } from "../../src/wire/index.ts";
import { cases, timeoutFor } from "../cases.ts";
import { newObject, originalObject, valueIn } from "../tenant/object.ts";
import { setNow } from "../tenant/tenant.ts";
import { OriginalBudget } from "../test-worker.ts";
import { NaiveBudget } from "./naive-budget.ts";
import { naivePeriod } from "./naive-calendar.ts";
import { type Call, calendars, configs, instants, streams } from "./streams.ts";

const CALENDAR_CASES = cases(300);
const IN_PROCESS_CASES = cases(200);
const RELOAD_CASES = cases(600);
const EVICTION_CASES = cases(15);

beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.unstubAllGlobals());
afterAll(() => void vi.useRealTimers());

test("a calendar period is the one that walking the dates finds, and contains the instant", {
  timeout: timeoutFor(CALENDAR_CASES),
}, () => {
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

test("the in-process budget answers like the budget that adds up every event", {
  timeout: timeoutFor(IN_PROCESS_CASES),
}, () => {
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

/** A stream of calls to an object. Each call's die, from 0 to 99, decides what happens after it. */
interface Case {
  readonly config: BudgetConfig;
  readonly startMs: number;
  readonly stream: readonly Call[];
  readonly dice: readonly number[];
}

const streamCases: fc.Arbitrary<Case> = fc.record({
  config: configs,
  startMs: instants,
  stream: streams,
  dice: fc.array(fc.nat(99), { minLength: 24, maxLength: 24 }),
});

/** Runs calls on a case's object, which starts with what is stored and nothing in memory. */
type OnFreshObject = <T>(use: (budget: TenantBudget) => Promise<T>) => Promise<T>;

/** Runs a case. Calls are sent together until a die below 15; a `consume` with a die below `freshBelow` ends an object. */
async function runCase(
  onFreshObject: OnFreshObject,
  { config, startMs, stream, dice }: Case,
  freshBelow: number,
): Promise<void> {
  const naive = new NaiveBudget(config, startMs);
  let nowMs = startMs;
  const send = (budget: TenantBudget, call: Call): [answer: Promise<unknown>, expected: unknown] => {
    nowMs += call.afterMs;
    setNow(nowMs);
    if (call.op === "usage") {
      const usage = budget.run({ op: "usage", bucket: userKey(call.userId) });
      return [usage.then(valueIn).then(totalsIn), naive.usageFor(call.userId, nowMs)];
    }
    const request = { ...call.step, detail: true };
    if (call.op === "allows") {
      return [budget.run({ op: "allows_step", request }).then(valueIn), naive.allowsStep(request, nowMs)];
    }
    return [budget.run({ op: "consume", request }).then(valueIn), naive.consume(request, nowMs)];
  };
  const rolled = stream.map((call, i) => ({ call, die: dice[i] ?? 0 }));
  // The touches of reads are in memory only until the next write, so an object ends after one.
  const lives = splitAfter(rolled, ({ call, die }) => call.op === "consume" && die < freshBelow);
  for (const [life, calls] of lives.entries()) {
    await onFreshObject(async (budget) => {
      setNow(nowMs);
      const configured = life === 0 ? budget.run({ op: "configure", config, edit: {} }).then(valueIn) : undefined;
      for (const together of splitAfter(calls, ({ die }) => die < 15)) {
        const sent = together.map(({ call }) => send(budget, call));
        const answers = await Promise.all(sent.map(([answer]) => answer));
        expect(answers).toEqual(sent.map(([, expected]) => expected));
      }
      await configured;
    });
  }
}

/** Splits a list after each item that `isLast` is true for. */
function splitAfter<T>(items: readonly T[], isLast: (item: T) => boolean): T[][] {
  const parts: T[][] = [[]];
  for (const item of items) {
    parts.at(-1)?.push(item);
    if (isLast(item)) parts.push([]);
  }
  return parts;
}

function totalsIn({ tokens_in, tokens_out, cost_usd, calls }: UsageResponse) {
  return { tokens_in, tokens_out, cost_usd, calls };
}

test("an object answers like that budget, also after another object has loaded what is stored", {
  timeout: timeoutFor(RELOAD_CASES),
}, async () => {
  // A turn of the event loop takes a millisecond, and a case waits for several.
  vi.stubGlobal("setTimeout", (then: () => void) => queueMicrotask(then));
  await runInDurableObject(newObject(), async (_, state) => {
    // Some cases are in the past, when an alarm would run at once.
    Object.defineProperty(state.storage, "setAlarm", { value: () => Promise.resolve() });
    const property = fc.asyncProperty(streamCases, (each) =>
      // A rollback spares the writes to disk, and leaves nothing for the next case.
      state.storage.transaction(async (transaction) => {
        await runCase((use) => use(new OriginalBudget(state, env)), each, 5);
        transaction.rollback();
      }),
    );
    await fc.assert(property, { numRuns: RELOAD_CASES });
  });
});

test("an object answers like that budget, also after evictions", { timeout: timeoutFor(EVICTION_CASES) }, async () => {
  const property = fc.asyncProperty(streamCases, async (each) => {
    const stub = originalObject();
    let isFirst = true;
    const onFreshObject: OnFreshObject = async (use) => {
      if (!isFirst) await evictDurableObject(stub);
      isFirst = false;
      return runInDurableObject(stub, use);
    };
    await runCase(onFreshObject, each, 20);
  });
  await fc.assert(property, { numRuns: EVICTION_CASES });
});
