import { describe, expect, test } from "vitest";
import { newTenant, valueIn } from "./tenant.ts";

const ASKED = 10_000;
const HELD = 1000;
const TIMEOUT_MS = 60_000;

type Tenant = ReturnType<typeof newTenant>;

/** Asks for 10,000 reservations of one token at once: all are sent before any is answered. */
function burst(tenant: Tenant) {
  return Promise.all(Array.from({ length: ASKED }, (_, i) => tenant.reserve({ user_id: `u${i % 7}`, tokens: 1 })));
}

async function standing(tenant: Tenant) {
  const [limit] = valueIn(await tenant.usage()).limits;
  return [limit?.used, limit?.held, limit?.remaining];
}

describe("a burst of 10,000 reservations against a budget that holds 1,000", () => {
  test("is granted 1,000, and none when they are spent", { timeout: TIMEOUT_MS }, async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens: HELD, reservation_ttl_seconds: 3600 }));
    const granted = (await burst(tenant)).flatMap((answer) => (answer.ok ? [answer.value] : []));
    expect(granted).toHaveLength(HELD);
    for (const { decision } of granted) expect(decision.remaining.tokens).toBeGreaterThanOrEqual(0);
    expect(await standing(tenant)).toEqual([0, HELD, 0]);
    await Promise.all(granted.map(async ({ id }) => valueIn(await tenant.commit(id, { tokens_in: 1 }))));
    expect(await standing(tenant)).toEqual([HELD, 0, 0]);
    expect((await burst(tenant)).filter(({ ok }) => ok)).toEqual([]);
    expect(valueIn(await tenant.audit())).toMatchObject({ ok: true, totals: { tokens_in: HELD, calls: HELD } });
  });

  test("is granted no more where half of them spend more than they held", { timeout: TIMEOUT_MS }, async () => {
    const tenant = newTenant();
    valueIn(await tenant.configure({ max_tokens: HELD, reservation_ttl_seconds: 3600 }));
    const granted = (await burst(tenant)).flatMap((answer) => (answer.ok ? [answer.value] : []));
    expect(granted).toHaveLength(HELD);
    const [settled, late] = await Promise.all([
      Promise.all(granted.map(({ id }, i) => tenant.commit(id, { tokens_in: i % 2 === 0 ? 3 : 1 }))),
      burst(tenant),
    ]);
    expect(settled.every(({ ok }) => ok)).toBe(true);
    expect(late.filter(({ ok }) => ok)).toEqual([]);
    // Spent is spent: 500 spent three times what they held.
    expect(await standing(tenant)).toEqual([2000, 0, 0]);
    expect(valueIn(await tenant.audit())).toMatchObject({ ok: true, totals: { tokens_in: 2000, calls: HELD } });
  });
});
