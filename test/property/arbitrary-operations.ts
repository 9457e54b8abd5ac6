/** Operations of every kind, on a few buckets and reservations. */
import fc from "fast-check";
import type { Operation } from "../../src/operations/index.ts";
import { START_MS } from "../tenant/tenant.ts";
import { configs, few, maxima, maximum, patches, windowPatches } from "./arbitrary-configs.ts";
import { OVERFLOW } from "./model-bucket-keys.ts";
import { merged, record, some } from "./records.ts";

/** The buckets that operations name. */
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
const reservation = some({
  ttl_seconds: fc.constantFrom(1, 5, 60, 90),
  on_expiry: fc.constantFrom("release", "charge", "charge" as const),
  if_short: fc.constantFrom("reject", "cap" as const),
});
const subject = record({ user_id, labels, detail });
/** Times in the past and in the future. */
const time = fc.constantFrom(5, 60, 300, 900).map((seconds) => new Date(START_MS + seconds * 1000).toISOString());
/** The field by which an operation names its bucket. */
const bucket = { bucket: fc.constantFrom(...KEYS) };
const note = fc.constant("n");
const edit = some({ author: fc.constant("ops"), ifVersion: fc.constantFrom([0, 1, 2], [2, 3, 4]) });
/** Which reservation, counted from the latest; null for an id that does not exist. */
const nth = fc.option(fc.nat(5), { freq: 12 });

const steps = fc.oneof(
  record({ op: op("allows_step"), request: fc.tuple(subject, fc.option(estimate)).map(merged) }),
  { weight: 2, arbitrary: record({ op: op("consume"), request: fc.tuple(subject, spent).map(merged) }) },
  {
    weight: 5,
    arbitrary: record({ op: op("reserve"), request: fc.tuple(subject, estimate, reservation).map(merged) }),
  },
  {
    weight: 3,
    arbitrary: record({
      op: op("commit"),
      nth,
      request: fc.tuple(spent, some({ final: fc.boolean(), detail })).map(merged),
    }),
  },
  record({ op: op("release"), nth, request: fc.constant({}) }),
  { weight: 2, arbitrary: record({ op: op("extend"), nth, request: fc.tuple(estimate, reservation).map(merged) }) },
);

/** Changes of the configuration and of buckets. */
export const changes = fc.oneof(
  record({ op: op("set_limits"), ...bucket, limits: fc.tuple(maxima, some({ expires_at: time })).map(merged), edit }),
  record({ op: op("clear_limits"), ...bucket, edit }),
  record({
    op: op("adjust"),
    ...bucket,
    request: record({
      tokens_in: fc.constantFrom(-5, 0, 5),
      tokens_out: fc.constantFrom(-3, 0, 5),
      cost_usd: fc.constantFrom(-0.05, 0, 0.05),
      calls: fc.constantFrom(-1, 0, 0, 1),
      note,
    }),
  }),
  record({ op: op("reset"), ...bucket, request: some({ note }) }),
  record({
    op: op("freeze"),
    ...bucket,
    request: fc.tuple(some({ note }), fc.option(record({ until: fc.option(time) }), { freq: 3 })).map(merged),
  }),
  { weight: 3, arbitrary: record({ op: op("unfreeze"), ...bucket, request: some({ note }) }) },
  record({ op: op("configure"), config: configs, edit }),
  { weight: 2, arbitrary: record({ op: op("patch_config"), patch: patches, edit }) },
  { weight: 3, arbitrary: record({ op: op("patch_config"), patch: windowPatches, edit: fc.constant({}) }) },
);

/** Changes of limits without a window, so that a bucket's windows stay. */
export const windowlessChanges = record({
  op: op("patch_config"),
  patch: few({ max_tokens: maximum(10, 100), per_user_max_calls: maximum(3, 9) }, 2),
  edit,
});

const rare = fc.oneof(
  {
    weight: 3,
    arbitrary: record({
      op: op("erase_user"),
      id: fc.constantFrom("alice", "bob", "ok"),
      pseudonym: fc.constant(""),
    }),
  },
  {
    weight: 2,
    arbitrary: record({ op: op("revoke_token"), id: fc.constantFrom("t1", "t2") }),
  },
  record({ op: op("erase_tenant") }),
  // An operation that does not exist, which makes the object throw.
  { weight: 2, arbitrary: record({ op: op("broken") }) },
);
const reads = fc.oneof(
  { weight: 3, arbitrary: record({ op: op("usage"), ...bucket }) },
  record({ op: op("reservation"), nth }),
  record({
    op: op("reservations"),
    query: record({
      state: fc.constantFrom(undefined, "held", "expired"),
      after: fc.constant(""),
      limit: fc.constant(100),
    }),
  }),
  record({ op: op("config") }),
  record({ op: fc.constantFrom("config_history", "ledger"), query: fc.constant({ after: 0, limit: 1000 }) }),
  record({ op: op("audit") }),
);

/** An operation without its idempotency key. In place of a reservation's id, `nth` says which reservation it is. */
export type Template = { readonly op: Operation["op"]; readonly nth?: number | null };

/** Operations of every kind, with these changes among them. */
export const operationsWith = (changing: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 24, arbitrary: steps },
    { weight: 8, arbitrary: changing },
    { weight: 5, arbitrary: reads },
    { weight: 1, arbitrary: rare },
  ) as fc.Arbitrary<Template>;
