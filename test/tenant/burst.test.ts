/** Thousands of simultaneous reservations never exceed a limit. */
import { describe, expect, test } from "vitest";
import { BudgetError, type ReservationDecision } from "../../src/wire/index.ts";
import { configured, type Tenant, useSetClock } from "./tenant.ts";

useSetClock();

const CALLERS = 10_000;
const RESERVATIONS = 1000;
const TOKENS = 10;
const MAX = RESERVATIONS * TOKENS;

const budgetOfAThousand = () => configured({ max_tokens: MAX });

/** What of the limit is used or pending, as a decision reports it. */
function taken({ decision }: ReservationDecision): number {
  const [limit] = decision.limits ?? [];
  return (limit?.used ?? 0) + (limit?.held ?? 0);
}

/** The limit that a refused call names. */
function blockingLimit(error: unknown): string | null | undefined {
  if (error instanceof BudgetError) return error.decision?.limit;
  throw error;
}

/** Reserves for many callers at once, and returns what was granted. */
async function reserveAtOnce(tenant: Tenant, callers: number): Promise<ReservationDecision[]> {
  const request = { tokens: TOKENS, ttl_seconds: 600, detail: true };
  const answers = await Promise.allSettled(
    Array.from({ length: callers }, (_, i) => tenant.reserve({ ...request, user_id: `${i % 7}` })),
  );
  const blocking = answers.flatMap((answer) => (answer.status === "rejected" ? [blockingLimit(answer.reason)] : []));
  expect(blocking.every((limit) => limit === "max_tokens")).toBe(true);
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
}

describe("ten thousand reservations at once, of which a thousand fit,", () => {
  test("have exactly a thousand granted, and no sum ever exceeds the maximum", { timeout: 60_000 }, async () => {
    const tenant = await budgetOfAThousand();
    const granted = await reserveAtOnce(tenant, CALLERS);
    expect(granted).toHaveLength(RESERVATIONS);
    expect(granted.map(taken)).toEqual(Array.from({ length: RESERVATIONS }, (_, i) => (i + 1) * TOKENS));
    expect(await tenant.usage()).toMatchObject({
      tokens_total: 0,
      held: { tokens: MAX, reservations: RESERVATIONS },
    });
    await Promise.all(granted.map(({ id }) => tenant.commit(id, { tokens_in: TOKENS })));
    expect(await tenant.usage()).toMatchObject({
      tokens_total: MAX,
      calls: RESERVATIONS,
      held: { tokens: 0, reservations: 0 },
    });
    expect(await reserveAtOnce(tenant, 10)).toEqual([]);
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("half of which commit more, exceed the maximum by exactly that, and nothing more is granted", {
    timeout: 60_000,
  }, async () => {
    const tenant = await budgetOfAThousand();
    const granted = await reserveAtOnce(tenant, CALLERS);
    expect(granted).toHaveLength(RESERVATIONS);
    const [, late] = await Promise.all([
      Promise.all(granted.map(({ id }, i) => tenant.commit(id, { tokens_out: i % 2 === 0 ? TOKENS : TOKENS + 7 }))),
      reserveAtOnce(tenant, 1000),
    ]);
    expect(late).toEqual([]);
    expect(await tenant.usage()).toMatchObject({
      tokens_total: MAX + (RESERVATIONS / 2) * 7,
      calls: RESERVATIONS,
      held: { tokens: 0, reservations: 0 },
    });
    expect(await tenant.allowsStep()).toMatchObject({ state: "blocked", remaining: { tokens: 0 } });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("each committed as soon as it is granted, are never granted past the maximum", {
    timeout: 60_000,
  }, async () => {
    const tenant = await budgetOfAThousand();
    let [granted, overspent] = [0, 0];
    const call = async (i: number) => {
      const [answer] = await Promise.allSettled([tenant.reserve({ tokens: TOKENS, detail: true })]);
      if (answer.status === "rejected") {
        expect(blockingLimit(answer.reason)).toBe("max_tokens");
        return;
      }
      granted += 1;
      expect(taken(answer.value)).toBeLessThanOrEqual(MAX);
      const more = i % 2 === 0 ? 0 : 5;
      overspent += more;
      await tenant.commit(answer.value.id, { tokens_in: TOKENS + more });
    };
    await Promise.all(Array.from({ length: 2000 }, (_, i) => call(i)));
    const { tokens_total, calls, held } = await tenant.usage();
    expect(calls).toBe(granted);
    expect(tokens_total).toBe(granted * TOKENS + overspent);
    expect(tokens_total).toBeGreaterThan(MAX - TOKENS);
    expect(granted * TOKENS).toBeLessThanOrEqual(MAX);
    expect(held.reservations).toBe(0);
    expect((await tenant.audit()).ok).toBe(true);
  });
});
