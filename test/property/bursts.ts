/** Bursts of operations, and what happens to the tenant's object between them. */
import fc from "fast-check";
import type { BudgetConfig } from "../../src/core/index.ts";
import type { Caller } from "../../src/operations/index.ts";
import { configs } from "./arbitrary-configs.ts";
import { changes, operationsWith, type Template, windowlessChanges } from "./arbitrary-operations.ts";
import { merged, record } from "./records.ts";

const stepOf = (operation: fc.Arbitrary<Template>) =>
  record({
    operation,
    /** Its idempotency key: its own, none, or the one of an earlier operation; or it repeats that operation. */
    idempotency: fc.oneof(
      { weight: 4, arbitrary: record({ key: fc.constant("own" as const) }) },
      { weight: 2, arbitrary: record({ key: fc.constant("none" as const) }) },
      { weight: 1, arbitrary: record({ key: fc.constantFrom("used", "repeat" as const), before: fc.nat(6) }) },
    ),
    /** Sends it a second time, after the other operations of its burst. */
    twice: fc.boolean(),
  });

export type Step = ReturnType<typeof stepOf> extends fc.Arbitrary<infer T> ? T : never;

/** What happens to the object before a burst. */
export type Event = "nothing" | "eviction" | "audit" | "alarm";

const burstsOf = (operation: fc.Arbitrary<Template>, afterMs: readonly number[]) =>
  fc.array(
    record({
      /** Time since the burst before. */
      afterMs: fc.constantFrom(...afterMs),
      event: fc.constantFrom<Event[]>("nothing", "nothing", "nothing", "eviction", "audit", "alarm"),
      /** In one batch, or each in a call of its own. */
      batched: fc.boolean(),
      caller: fc.oneof(
        { weight: 6, arbitrary: fc.constant(undefined) },
        fc.constantFrom<Caller[]>({ jti: "t1" }, { jti: "t2", user: "alice" }),
      ),
      steps: fc.array(stepOf(operation), { minLength: 1, maxLength: 5, size: "max" }),
    }),
    { minLength: 1, maxLength: 16, size: "max" },
  );

const FORWARD_MS = [0, 0, 1, 500, 1000, 5000, 30_000, 60_000];

/** Every operation, under a clock that also goes back. */
export const anyBursts = record({
  config: configs,
  bursts: burstsOf(operationsWith(changes), [...FORWARD_MS, ...FORWARD_MS, -500, -5000, -60_000]),
});

/** With an idle time that stays, and windows that stay: when an idle bucket is evicted is not known otherwise. */
export const idleBursts = record({
  config: fc
    .tuple(
      configs,
      record({ user_idle_ttl_seconds: fc.constantFrom(20, 50), max_users: fc.constantFrom(1, 3, 100, 100) }),
    )
    .map(merged<BudgetConfig>),
  bursts: burstsOf(operationsWith(windowlessChanges), [...FORWARD_MS, 20_000, 45_000]),
});
