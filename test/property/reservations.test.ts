import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Answer, Operation } from "../../src/wire/index.ts";
import { newTenant, START_MS, setNow, useSetClock, valueIn } from "../tenant/tenant.ts";
import { type ModelLimits, ReservationModel } from "./reservation-model.ts";

const CASES = 300;

useSetClock();

const maybe = (...maxima: number[]) => fc.constantFrom(null, ...maxima);
const limits: fc.Arbitrary<ModelLimits> = fc.record({
  max_tokens: maybe(0, 20, 60, 200),
  max_concurrent_calls: maybe(1, 2, 4),
  per_user_max_tokens: maybe(10, 40),
  per_user_max_calls: maybe(1, 3, 8),
});

const user = fc.constantFrom("alice", "bob");
const tokens = fc.constantFrom(0, 1, 5, 10, 30);
const cap = fc.boolean();
const ttl = fc.constantFrom(1, 5, 60);
/** Which of the reservations made so far. */
const which = fc.nat(5);
const step = fc.oneof(
  fc.record({ op: fc.constant("allows" as const), user, tokens }),
  fc.record({ op: fc.constant("consume" as const), user, tokens }),
  fc.record({ op: fc.constant("reserve" as const), user, tokens, cap, charge: fc.boolean(), ttl }),
  fc.record({ op: fc.constant("reserve" as const), user, tokens, cap, charge: fc.boolean(), ttl }),
  fc.record({ op: fc.constant("commit" as const), which, tokens, final: fc.boolean() }),
  fc.record({ op: fc.constant("commit" as const), which, tokens, final: fc.constant(true) }),
  fc.record({ op: fc.constant("release" as const), which }),
  fc.record({ op: fc.constant("extend" as const), which, tokens, cap, ttl }),
  fc.record({ op: fc.constant("adjust" as const), user, tokens: fc.constantFrom(-10, -1, 5) }),
  fc.record({ op: fc.constant("reset" as const), user }),
);
/** Steps that are sent at once, how long after those before, each once or twice, and what befalls the object after. */
const burst = fc.record({
  afterMs: fc.constantFrom(0, 0, 1, 500, 1000, 5000, 60_000),
  steps: fc.array(fc.record({ step, twice: fc.boolean() }), { minLength: 1, maxLength: 4 }),
  batched: fc.boolean(),
  befalls: fc.constantFrom("nothing", "nothing", "eviction", "alarm"),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What an object answered, as the model says it. */
function told(answer: Answer<unknown>): unknown {
  if (!answer.ok) return "refused";
  const value = answer.value as {
    state?: string;
    limit?: string | null;
    decision?: { state: string; limit: string | null };
  };
  if (value.decision) return [value.decision.state, value.decision.limit];
  return value.limit === undefined ? value.state : [value.state, value.limit];
}

test("whatever comes in whatever order, once or twice, alone or at once, is answered as a simple model answers", {
  timeout: 150_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(limits, fc.array(burst, { minLength: 1, maxLength: 10 }), async (config, bursts) => {
      const tenant = newTenant();
      const model = new ReservationModel(config);
      const ids: string[] = [];
      let nowMs = START_MS;
      let keys = 0;
      setNow(nowMs);
      valueIn(await tenant.configure({ ...config, max_users: null }));

      /** The operation of a step, and what the model answers to it; undefined where it is of a hold that is none. */
      const prepare = (each: Step): { operation: Operation; expected: unknown } | undefined => {
        const idempotency_key = `k${keys++}`;
        const key = "user" in each ? { scope: "user", subject: each.user } : { scope: "", subject: "" };
        const hold = "which" in each ? model.holds[each.which] : undefined;
        const id = "which" in each ? ids[each.which] : undefined;
        if ("which" in each && (!hold || !id)) return undefined;
        const expiresAtMs = "ttl" in each ? nowMs + each.ttl * 1000 : 0;
        switch (each.op) {
          case "allows": {
            const request = { user_id: each.user, ...(each.tokens > 0 && { tokens: each.tokens }) };
            return { operation: { op: "allows_step", request }, expected: model.allows(each.user, each.tokens) };
          }
          case "consume": {
            const request = { user_id: each.user, tokens_out: each.tokens, idempotency_key };
            return { operation: { op: "consume", request }, expected: model.consume(each.user, each.tokens) };
          }
          case "reserve": {
            const on_expiry = each.charge ? "charge" : "release";
            const if_short = each.cap ? "cap" : "reject";
            const ttl_seconds = each.ttl;
            const request = {
              user_id: each.user,
              tokens: each.tokens,
              on_expiry,
              if_short,
              ttl_seconds,
              idempotency_key,
            } as const;
            const expected = model.reserve(each.user, each.tokens, each.cap, on_expiry, expiresAtMs);
            return { operation: { op: "reserve", request }, expected };
          }
          case "commit": {
            const request = { tokens_out: each.tokens, final: each.final, idempotency_key };
            const expected = hold && model.commit(hold, each.tokens, each.final);
            return { operation: { op: "commit", id: id ?? "", request }, expected };
          }
          case "release":
            return {
              operation: { op: "release", id: id ?? "", request: { idempotency_key } },
              expected: hold && model.release(hold),
            };
          case "extend": {
            const if_short = each.cap ? "cap" : "reject";
            const request = { tokens: each.tokens, ttl_seconds: each.ttl, if_short, idempotency_key } as const;
            const expected = hold && model.extend(hold, each.tokens, each.cap, expiresAtMs);
            return { operation: { op: "extend", id: id ?? "", request }, expected };
          }
          case "adjust": {
            const request = { tokens_out: each.tokens, note: "n", idempotency_key };
            const answer = model.adjust(each.user, each.tokens);
            return { operation: { op: "adjust", key, request }, expected: answer === "refused" ? answer : undefined };
          }
          case "reset":
            model.reset(each.user, nowMs);
            return { operation: { op: "reset", key, request: { idempotency_key } }, expected: undefined };
        }
      };

      for (const { afterMs, steps, batched, befalls } of bursts) {
        nowMs += afterMs;
        setNow(nowMs);
        model.expire(nowMs);
        const sent = steps.flatMap(({ step: each, twice }) => {
          const prepared = prepare(each);
          if (!prepared) return [];
          // A refusal is not kept under its key: sent again, it would be asked again.
          const isRepeated = twice && prepared.expected !== "refused" && each.op !== "allows";
          return isRepeated ? [prepared, { ...prepared, isReplay: true }] : [prepared];
        });
        const operations = sent.map(({ operation }) => operation);
        const answers = batched
          ? await tenant.batch(operations)
          : await Promise.all(operations.map((operation) => tenant.run(operation)));
        for (const [i, answer] of (answers as Answer<unknown>[]).entries()) {
          const { expected, operation, ...rest } = sent[i] as (typeof sent)[number] & { isReplay?: boolean };
          expect([operation.op, told(answer)]).toEqual([operation.op, expected]);
          if (!answer.ok) continue;
          const { id, replayed } = answer.value as { id?: string; replayed?: boolean };
          expect(replayed).toBe(rest.isReplay);
          if (operation.op === "reserve" && id !== undefined && !rest.isReplay) ids.push(id);
        }
        if (befalls === "eviction" && sent.length > 0) await evictDurableObject(tenant);
        if (befalls === "alarm") await runDurableObjectAlarm(tenant);
      }

      const { tokens: held, concurrent: reservations } = model.held();
      const { tokens: spent, calls } = model.tenant;
      expect(valueIn(await tenant.usage())).toMatchObject({
        tokens_total: spent,
        calls,
        held: { tokens: held, reservations },
      });
      for (const each of ["alice", "bob"]) {
        const totals = model.user(each);
        expect(valueIn(await tenant.usageFor(each))).toMatchObject({
          tokens_total: totals.tokens,
          calls: totals.calls,
        });
      }
      for (const [i, { state }] of model.holds.entries()) {
        expect(valueIn(await tenant.reservation(ids[i] ?? "")).state).toBe(state);
      }
      expect(valueIn(await tenant.audit())).toMatchObject({ ok: true, differences: [] });
    }),
    { numRuns: CASES },
  );
});
