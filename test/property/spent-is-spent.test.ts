/** Whatever is sent is recorded: in totals, windows, the ledger and the audit, priced or not. */
import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cases, timeoutFor } from "../cases.ts";
import { DAY_MS, ledgerOf, newTenant, START_MS, setNow, type Tenant, useSetClock } from "../tenant/tenant.ts";

useSetClock();

const CASES = cases(20);
const MODELS = ["gpt-4o-mini", "own", "no-such-model", "whisper-1", undefined];
const UNPRICED = ["no-such-model", "whisper-1"];
const PRICES = { own: { input_usd: 1, output_usd: 2 } };

const call = fc.record({
  by: fc.constantFrom("consume", "batch", "commit", "expiry", "late"),
  model: fc.constantFrom(...MODELS),
  user_id: fc.constantFrom("alice", "bob", undefined),
  tokens_in: fc.nat(100_000),
  tokens_out: fc.nat(100_000),
  cost_usd: fc.constantFrom(undefined, undefined, 0.25),
  isEvicted: fc.boolean(),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

/** Reports a call in its way. A reservation of 1 token expires after a second, and charges it. */
async function report(tenant: Tenant, { by, isEvicted, ...fields }: Call, nowMs: number): Promise<void> {
  const { model, user_id, ...spent } = fields;
  if (by === "consume") await tenant.consume(fields);
  else if (by === "batch") await tenant.batch([{ op: "consume", ...fields }]);
  else {
    const { id } = await tenant.reserve({ model, user_id, tokens: 1, on_expiry: "charge", ttl_seconds: 1 });
    if (by !== "commit") setNow(nowMs + 1000);
    if (by !== "expiry") await tenant.commit(id, spent);
  }
  if (isEvicted) await evictDurableObject(tenant.object);
}

/** What should have been recorded of a call. */
function recordedOf({ by, model, tokens_in, tokens_out, cost_usd }: Call) {
  const tokens = by === "expiry" ? 1 : tokens_in + tokens_out;
  const isKnown = model === undefined || !UNPRICED.includes(model) || (cost_usd !== undefined && by !== "expiry");
  return { tokens, unpriced_calls: isKnown ? 0 : 1, unpriced_tokens: isKnown ? 0 : tokens };
}

test("tokens and calls recorded are the tokens and calls sent", { timeout: timeoutFor(CASES) }, async () => {
  const property = fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 8 }), async (calls) => {
    const tenant = newTenant();
    setNow(START_MS);
    await tenant.configure({ prices: PRICES, max_tokens_per_month: 10 ** 9, max_calls_per_24h: 1000 });
    for (const [i, each] of calls.entries()) {
      setNow(START_MS + i * 10_000);
      await report(tenant, each, START_MS + i * 10_000);
    }
    setNow(START_MS + DAY_MS / 2);
    const sum = (of: (recorded: ReturnType<typeof recordedOf>) => number) =>
      calls.reduce((total, each) => total + of(recordedOf(each)), 0);
    const sent = { tokens_total: sum(({ tokens }) => tokens), calls: calls.length };
    const unpriced = {
      unpriced_calls: sum(({ unpriced_calls }) => unpriced_calls),
      unpriced_tokens: sum(({ unpriced_tokens }) => unpriced_tokens),
    };
    const usage = await tenant.usage();
    expect(usage).toMatchObject({ ...sent, ...unpriced });
    expect(usage.limits.map(({ name, used }) => [name, used])).toEqual([
      ["max_tokens_per_month", sent.tokens_total],
      ["max_calls_per_24h", sent.calls],
    ]);
    const entries = await ledgerOf(tenant, { limit: 1000 });
    const added = entries.map(({ tokens_in = 0, tokens_out = 0 }) => tokens_in + tokens_out);
    expect(added.reduce((total, tokens) => total + tokens, 0)).toBe(sent.tokens_total);
    expect(await tenant.audit()).toMatchObject({ ok: true, totals: { ...sent, ...unpriced } });
    const users = await Promise.all(["alice", "bob", null].map((user) => tenant.usageFor(user)));
    expect(users.reduce((total, { tokens_total }) => total + tokens_total, 0)).toBe(sent.tokens_total);
    expect(users.reduce((total, { unpriced_tokens }) => total + unpriced_tokens, 0)).toBe(unpriced.unpriced_tokens);
  });
  await fc.assert(property, { numRuns: CASES });
});
