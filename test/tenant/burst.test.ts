import { describe, expect, test } from "vitest";
import type { ReservationDecision } from "../../src/wire/index.ts";
import { auditOf, configured, type Tenant, useSetClock, valueIn } from "./tenant.ts";

useSetClock();

const CALLERS = 10_000;
const HOLDS = 1000;
const TOKENS = 10;
const MAX = HOLDS * TOKENS;

async function budgetOfAThousand(): Promise<Tenant> {
  const tenant = await configured({ max_tokens: MAX });
  return tenant;
}

/** What is used and held of the limit, as a decision tells it. */
function taken({ decision }: ReservationDecision): number {
  const [limit] = decision.limits ?? [];
  return (limit?.used ?? 0) + (limit?.held ?? 0);
}

/** Has so many callers reserve at once; answers what was granted. */
async function reserveAtOnce(tenant: Tenant, callers: number): Promise<ReservationDecision[]> {
  const request = { tokens: TOKENS, ttl_seconds: 600, detail: true };
  const answers = await Promise.all(
    Array.from({ length: callers }, (_, i) => tenant.reserve({ ...request, user_id: `${i % 7}` })),
  );
  const blocking = answers.flatMap((answer) => (answer.ok ? [] : [answer.refusal.decision?.limit]));
  expect(blocking.every((limit) => limit === "max_tokens")).toBe(true);
  return answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
}

describe("ten thousand reservations at once against a budget that holds a thousand", () => {
  test("have exactly a thousand granted, and no sum is ever above the maximum", { timeout: 60_000 }, async () => {
    const tenant = await budgetOfAThousand();
    const granted = await reserveAtOnce(tenant, CALLERS);
    expect(granted).toHaveLength(HOLDS);
    expect(granted.map(taken)).toEqual(Array.from({ length: HOLDS }, (_, i) => (i + 1) * TOKENS));
    expect(valueIn(await tenant.usage())).toMatchObject({
      tokens_total: 0,
      held: { tokens: MAX, reservations: HOLDS },
    });
    await Promise.all(granted.map(({ id }) => tenant.commit(id, { tokens_in: TOKENS })));
    expect(valueIn(await tenant.usage())).toMatchObject({
      tokens_total: MAX,
      calls: HOLDS,
      held: { tokens: 0, reservations: 0 },
    });
    expect(await reserveAtOnce(tenant, 10)).toEqual([]);
    expect((await auditOf(tenant)).ok).toBe(true);
  });

  test("half of which commit more pass it by exactly that, and nothing further is granted", {
    timeout: 60_000,
  }, async () => {
    const tenant = await budgetOfAThousand();
    const granted = await reserveAtOnce(tenant, CALLERS);
    expect(granted).toHaveLength(HOLDS);
    const [, late] = await Promise.all([
      Promise.all(granted.map(({ id }, i) => tenant.commit(id, { tokens_out: i % 2 === 0 ? TOKENS : TOKENS + 7 }))),
      reserveAtOnce(tenant, 1000),
    ]);
    expect(late).toEqual([]);
    expect(valueIn(await tenant.usage())).toMatchObject({
      tokens_total: MAX + (HOLDS / 2) * 7,
      calls: HOLDS,
      held: { tokens: 0, reservations: 0 },
    });
    expect(valueIn(await tenant.allowsStep({}))).toMatchObject({ state: "blocked", remaining: { tokens: 0 } });
    expect((await auditOf(tenant)).ok).toBe(true);
  });

  test("each of which commits as soon as it is granted are never granted past the maximum", {
    timeout: 60_000,
  }, async () => {
    const tenant = await budgetOfAThousand();
    let [granted, overspent] = [0, 0];
    const call = async (i: number) => {
      const answer = await tenant.reserve({ tokens: TOKENS, detail: true });
      if (!answer.ok) return;
      granted += 1;
      expect(taken(answer.value)).toBeLessThanOrEqual(MAX);
      const more = i % 2 === 0 ? 0 : 5;
      overspent += more;
      valueIn(await tenant.commit(answer.value.id, { tokens_in: TOKENS + more }));
    };
    await Promise.all(Array.from({ length: 2000 }, (_, i) => call(i)));
    const { tokens_total, calls, held } = valueIn(await tenant.usage());
    expect(calls).toBe(granted);
    expect(tokens_total).toBe(granted * TOKENS + overspent);
    expect(tokens_total).toBeGreaterThan(MAX - TOKENS);
    expect(granted * TOKENS).toBeLessThanOrEqual(MAX);
    expect(held.reservations).toBe(0);
    expect((await auditOf(tenant)).ok).toBe(true);
  });
});
