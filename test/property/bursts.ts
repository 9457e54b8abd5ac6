import fc from "fast-check";
import type { BudgetConfig } from "../../src/core/index.ts";
import type { Caller, Operation } from "../../src/operations/index.ts";
import { START_MS } from "../tenant/tenant.ts";
import { OVERFLOW } from "./model-accounts.ts";

/** The buckets that something is done to. */
export const KEYS = [
  { scope: "tenant", subject: "" },
  { scope: "user", subject: "alice" },
  { scope: "user", subject: "bob" },
  { scope: "user", subject: "" },
  { scope: "team", subject: "red" },
  { scope: "user_and_team", subject: '["alice","red"]' },
  { scope: "user", subject: OVERFLOW },
];

const user_id = fc.constantFrom("alice", "bob", null);
const labels = fc.constantFrom({}, { team: "red" }, { team: "blue" });
const detail = fc.boolean();

/** An object that can be sent. */
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(fields, { noNullPrototype: true });
/** An object with some of these fields. */
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Partial<T>>;
const op = <K extends string>(name: K) => fc.constant(name);

const spent = some({
  tokens_in: fc.constantFrom(0, 1, 5, 10),
  tokens_out: fc.constantFrom(0, 3, 10),
  cost_usd: fc.constantFrom(0, 0.000_001, 0.1, 0.25),
});
const estimate = fc
  .record({
    input: fc.constantFrom(0, 0, 1, 5),
    output: fc.constantFrom(0, 0, 3, 10),
    either: fc.constantFrom(0, 0, 5, 20),
    cost: fc.constantFrom(undefined, undefined, 0, 0.1, 0.25),
  })
  .map(({ input, output, either, cost }) => ({
    ...(input > 0 && { input_tokens: input }),
    ...(output > 0 && { output_tokens: output }),
    ...(either > 0 && { tokens: input + output + either }),
    ...(cost !== undefined && { cost_usd: cost }),
  }));
const hold = some({
  ttl_seconds: fc.constantFrom(1, 5, 60, 90),
  on_expiry: fc.constantFrom("release", "charge", "charge" as const),
  if_short: fc.constantFrom("reject", "cap" as const),
});
const subject = record({ user_id, labels, detail });

const maximum = (...maxima: number[]) => fc.constantFrom(null, ...maxima);
const tokenMaximum = maximum(15, 60, 150, 400);
const costMaximum = maximum(0.25, 1.2, 3);
const limits = {
  max_tokens: maximum(20, 100, 500),
  max_input_tokens: maximum(30, 80),
  max_output_tokens: maximum(30, 80),
  max_cost_usd: costMaximum,
  max_calls: maximum(3, 12, 30),
  max_concurrent_calls: maximum(2, 4),
  max_tokens_per_minute: tokenMaximum,
  max_cost_usd_per_1m: costMaximum,
  per_user_max_tokens: tokenMaximum,
  per_user_max_wall_clock: maximum(30, 120),
  per_user_max_cost_usd_per_minute: costMaximum,
  per_user_max_calls_per_1m: maximum(3, 6),
  per_team_max_tokens: tokenMaximum,
  per_team_max_output_tokens_per_1m: maximum(10, 30),
  per_team_max_concurrent_calls: maximum(1, 2),
  per_user_and_team_max_calls: maximum(2, 6),
  per_user_and_team_max_input_tokens_per_minute: maximum(5, 20),
};
const settings = {
  soft_warning_at: fc.constantFrom(0.5, 1),
  reservation_ttl_seconds: fc.constantFrom(2, 30),
  enforcement: fc.constantFrom("enforce", "enforce", "shadow"),
  max_users: fc.constantFrom(1, 2),
};

/** A few of the fields, so that limits are met and not all at once. */
const few = (fields: Record<string, fc.Arbitrary<unknown>>, most: number) =>
  fc
    .subarray(Object.keys(fields), { minLength: 1, maxLength: most })
    .chain((names) => record(Object.fromEntries(names.map((name) => [name, fields[name] as fc.Arbitrary<unknown>]))))
    .map((config) => config as BudgetConfig);

/** Limits that are not met, for what they count to be told. */
const WIDE = { max_tokens_per_1m: 1000, per_user_max_calls_per_minute: 100, per_team_max_cost_usd: 100 };
const configs = fc
  .tuple(fc.option(fc.constant(WIDE), { freq: 3 }), few({ ...limits, ...settings }, 6))
  .map(merged<BudgetConfig>);

const patches = few(
  {
    ...limits,
    ...settings,
    max_users: maximum(1, 2),
    max_tokens: maximum(-1, 0, 10, 100),
    per_user_max_cost_usd: maximum(0, 0.1),
  },
  2,
);
const maxima = few(
  {
    max_tokens: tokenMaximum,
    max_cost_usd: costMaximum,
    max_calls_per_1m: maximum(1, 4),
    max_output_tokens_per_minute: maximum(10, 50),
    max_concurrent_calls: maximum(0, 1, 2),
  },
  2,
);

/** Times of which some lie ahead and some do not. */
const time = fc.constantFrom(5, 60, 300, 900).map((seconds) => new Date(START_MS + seconds * 1000).toISOString());
const key = fc.constantFrom(...KEYS);
const note = fc.constant("n");
const edit = some({ author: fc.constant("ops"), ifVersion: fc.constantFrom([0, 1, 2], [2, 3, 4]) });
/** Which of the reservations, the last one first; null for one that there never was. */
const nth = fc.option(fc.nat(5), { freq: 12 });

const calls = fc.oneof(
  record({ op: op("allows_step"), request: fc.tuple(subject, fc.option(estimate)).map(merged) }),
  { weight: 2, arbitrary: record({ op: op("consume"), request: fc.tuple(subject, spent).map(merged) }) },
  { weight: 5, arbitrary: record({ op: op("reserve"), request: fc.tuple(subject, estimate, hold).map(merged) }) },
  {
    weight: 3,
    arbitrary: record({
      op: op("commit"),
      nth,
      request: fc.tuple(spent, some({ final: fc.boolean(), detail })).map(merged),
    }),
  },
  record({ op: op("release"), nth, request: fc.constant({}) }),
  { weight: 2, arbitrary: record({ op: op("extend"), nth, request: fc.tuple(estimate, hold).map(merged) }) },
);
/** Limits with windows alone, so that windows come and go while something is charged and corrected. */
const windowPatches = few(
  Object.fromEntries(Object.entries(limits).filter(([name]) => /_per_(minute|1m)$/.test(name))),
  2,
);

const governance = fc.oneof(
  record({ op: op("set_limits"), key, request: fc.tuple(maxima, some({ expires_at: time })).map(merged), edit }),
  record({ op: op("clear_limits"), key, edit }),
  record({
    op: op("adjust"),
    key,
    request: record({
      tokens_in: fc.constantFrom(-5, 0, 5),
      tokens_out: fc.constantFrom(-3, 0, 5),
      cost_usd: fc.constantFrom(-0.05, 0, 0.05),
      calls: fc.constantFrom(-1, 0, 0, 1),
      note,
    }),
  }),
  record({ op: op("reset"), key, request: some({ note }) }),
  record({
    op: op("freeze"),
    key,
    request: fc.tuple(some({ note }), fc.option(record({ until: fc.option(time) }), { freq: 3 })).map(merged),
  }),
  { weight: 3, arbitrary: record({ op: op("unfreeze"), key, request: some({ note }) }) },
  record({ op: op("configure"), config: configs, edit }),
  { weight: 2, arbitrary: record({ op: op("patch_config"), patch: patches, edit }) },
  { weight: 3, arbitrary: record({ op: op("patch_config"), patch: windowPatches, edit: fc.constant({}) }) },
);
const rare = fc.oneof(
  {
    weight: 3,
    arbitrary: record({ op: op("erase_user"), userId: fc.constantFrom("alice", "bob", "ok"), pseudonym: op("") }),
  },
  {
    weight: 2,
    arbitrary: record({
      op: op("revoke_token"),
      jti: fc.constantFrom("t1", "t2"),
      forgetAtMs: fc.constant(START_MS * 2),
    }),
  },
  record({ op: op("erase_tenant") }),
  // No such operation: the object meets a fault.
  { weight: 2, arbitrary: record({ op: op("broken") }) },
);
const readings = fc.oneof(
  { weight: 3, arbitrary: record({ op: op("usage"), key }) },
  record({ op: op("reservation"), nth }),
  record({
    op: op("reservations"),
    query: record({ state: fc.constantFrom(undefined, "held", "expired"), after: op(""), limit: fc.constant(100) }),
  }),
  record({ op: op("config") }),
  record({ op: fc.constantFrom("config_history", "ledger"), query: fc.constant({ after: 0, limit: 1000 }) }),
  record({ op: op("audit") }),
  record({ op: op("admit") }),
);

/** An operation without its key; in place of a reservation's id, which one it is of. */
export type Template = { readonly op: Operation["op"]; readonly nth?: number | null };

const stepOf = (governing: fc.Arbitrary<unknown>) =>
  record({
    operation: fc.oneof(
      { weight: 24, arbitrary: calls },
      { weight: 8, arbitrary: governing },
      { weight: 5, arbitrary: readings },
      { weight: 1, arbitrary: rare },
    ) as fc.Arbitrary<Template>,
    /** Whether it has an idempotency key of its own, or the key of an operation before it; or is all of that one again. */
    key: fc.oneof(
      { weight: 4, arbitrary: record({ is: op("own") }) },
      { weight: 2, arbitrary: record({ is: op("none") }) },
      { weight: 1, arbitrary: record({ is: fc.constantFrom("taken", "all" as const), before: fc.nat(6) }) },
    ),
    /** Whether it is sent once more at once, after the other operations of its burst. */
    twice: fc.boolean(),
  });

export type Step = ReturnType<typeof stepOf> extends fc.Arbitrary<infer T> ? T : never;

/** Operations that go to a tenant at once, so long after those before them. */
const burstsOf = (governing: fc.Arbitrary<unknown>, afterMs: readonly number[]) =>
  fc.array(
    record({
      afterMs: fc.constantFrom(...afterMs),
      /** What befalls the object meanwhile. */
      befalls: fc.constantFrom("nothing", "nothing", "nothing", "leaves", "audited", "alarm"),
      /** In one batch, or each in a call of its own. */
      batched: fc.boolean(),
      caller: fc.oneof(
        { weight: 6, arbitrary: fc.constant(undefined) },
        fc.constantFrom<Caller[]>({ jti: "t1" }, { jti: "t2", user: "alice" }),
      ),
      steps: fc.array(stepOf(governing), { minLength: 1, maxLength: 5, size: "max" }),
    }),
    { minLength: 1, maxLength: 16, size: "max" },
  );

const FORWARD_MS = [0, 0, 1, 500, 1000, 5000, 30_000, 60_000];

/** A clock that also steps back. */
export const changing = record({
  config: configs,
  sent: burstsOf(governance, [...FORWARD_MS, ...FORWARD_MS, -500, -5000, -60_000]),
});

/** An idle time that stays, and so does what windows there are: an idle bucket may be found out to be so later. */
export const idling = record({
  config: fc
    .tuple(
      configs,
      record({ user_idle_ttl_seconds: fc.constantFrom(20, 50), max_users: fc.constantFrom(1, 3, 100, 100) }),
    )
    .map(merged<BudgetConfig>),
  sent: burstsOf(
    record({
      op: op("patch_config"),
      patch: few({ max_tokens: maximum(10, 100), per_user_max_calls: maximum(3, 9) }, 2),
      edit,
    }),
    [...FORWARD_MS, 20_000, 45_000],
  ),
});

function merged<T extends object>(parts: readonly (T | null)[]): T {
  return Object.assign({}, ...parts);
}
