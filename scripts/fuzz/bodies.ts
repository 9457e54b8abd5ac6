/** Makes a random valid body for any operation. */
import type { Dice } from "../crash/dice.ts";
import { BATCHED, type BatchedName } from "./batch.ts";
import { pick } from "./pick.ts";
import type { Subject } from "./subject.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Limits of a bucket, and what they can be limits of. */
const METRICS = [
  ...["max_tokens", "max_cost_usd_per_day", "max_input_tokens_per_week", "max_output_tokens_per_24h", "max_calls"],
  ...["max_calls_per_minute", "max_wall_clock", "max_concurrent_calls"],
] as const;
const SCOPES = ["", "per_user_", "per_team_", "per_model_", "per_user_and_model_", "per_team_and_user_"] as const;
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"] as const;
const TIMES = ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00+02:00", "2099-12-31T23:59:59.999Z"] as const;
const TOKEN_SCOPES = ["check consume", ["read"], "check consume reserve read configure admin", "reserve read"] as const;
const BOUND_FOR_SECONDS = 5000;

/** The field in which an operation of a batch has the body of its own call. */
const WRAPPED: Readonly<Record<string, string>> = { set_limits: "limits", configure: "config", patch_config: "patch" };

/** Valid bodies by operation; operations on each kind of bucket share the first word of their names. */
const BODIES: Readonly<Record<string, (dice: Dice, subject: Subject) => Fields>> = {
  allowsStep: (dice, subject) => ({ ...step(dice, subject), ...estimate(dice) }),
  consume: (dice, subject) => ({ ...step(dice, subject), ...spent(dice), ...keyed(dice, subject) }),
  quote: (dice, subject) => ({ ...step(dice, subject), ...spent(dice) }),
  reserve: (dice, subject) => ({ ...step(dice, subject), ...estimate(dice), ...hold(dice), ...keyed(dice, subject) }),
  commit: (dice, subject) => ({ ...spent(dice), ...some(dice, { final: dice.percent(50) }), ...keyed(dice, subject) }),
  release: keyed,
  extend: (dice, subject) => ({ ...estimate(dice), ...hold(dice), ...keyed(dice, subject) }),
  batch: (dice, subject) => ({
    operations: Array.from({ length: dice.int(1, 12) }, () => batchOperation(dice, subject)),
  }),
  set: (dice) => ({ ...limits(dice, [""]), ...some(dice, { expires_at: pick(dice, TIMES) }) }),
  adjust: (dice, subject) => ({
    ...some(dice, { tokens_in: dice.int(-50, 5000), tokens_out: tokens(dice), cost_usd: usd(dice), calls: 1 }),
    ...{ note: subject.note, ...keyed(dice, subject) },
  }),
  reset: noted,
  freeze: (dice, subject) => ({ ...some(dice, { until: pick(dice, [null, ...TIMES]) }), ...noted(dice, subject) }),
  unfreeze: noted,
  put: config,
  patch: (dice) => ({ ...config(dice), ...some(dice, { timezone: null, max_tokens: null }) }),
  create: (dice, { user, labels }) => ({
    scope: pick(dice, TOKEN_SCOPES),
    ...some(dice, { user: user ?? "alice", labels, ttl_seconds: dice.int(1, BOUND_FOR_SECONDS) }),
  }),
};

/** A body that an operation takes, about a subject. */
export function bodyOf(dice: Dice, operationId: string, subject: Subject): Fields {
  const make = BODIES[operationId] ?? BODIES[/^[a-z]+/.exec(operationId)?.[0] ?? ""];
  if (!make) throw new Error(`no body is known for ${operationId}`);
  return make(dice, subject);
}

/** One operation of a batch. */
export function batchOperation(dice: Dice, subject: Subject): Fields {
  const op = pick(dice, Object.keys(BATCHED) as BatchedName[]);
  const { call, names } = BATCHED[op];
  const body = call.startsWith("get") || call.startsWith("clear") ? {} : bodyOf(dice, call, subject);
  const field = WRAPPED[op];
  return {
    op,
    ...(names === "reservation" && { id: subject.reservation }),
    ...(names === "bucket" && { bucket: subject.bucket }),
    ...(field ? { [field]: body } : body),
  };
}

/** Each of some fields, or not. */
function some(dice: Dice, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(() => dice.percent(40)));
}

function step(dice: Dice, { user, labels }: Subject): Fields {
  return { ...(dice.percent(70) && { user_id: user, labels }), ...some(dice, { detail: dice.percent(50) }) };
}

function estimate(dice: Dice): Fields {
  const input_tokens = tokens(dice);
  return some(dice, { tokens: input_tokens + tokens(dice), input_tokens, cost_usd: usd(dice) });
}

/** With a cost, or with a model that has a price. */
function spent(dice: Dice): Fields {
  const tokens_in = tokens(dice);
  const cost = dice.percent(50)
    ? { cost_usd: usd(dice) }
    : { model: pick(dice, ["gpt-4o-mini", "claude-sonnet-4-5", "house-model"]) };
  return {
    ...{ tokens_in, ...cost },
    ...some(dice, { tokens_out: tokens(dice), cache_read_input_tokens: dice.int(0, Math.min(tokens_in, 5000)) }),
    ...(dice.percent(10) && { provider: pick(dice, ["openai", "anthropic", "nobody"]) }),
  };
}

function hold(dice: Dice): Fields {
  return some(dice, {
    ttl_seconds: dice.int(1, BOUND_FOR_SECONDS),
    on_expiry: pick(dice, ["release", "charge"]),
    if_short: pick(dice, ["reject", "cap"]),
  });
}

function keyed(dice: Dice, { key }: Subject): Fields {
  return some(dice, { idempotency_key: key });
}

function noted(dice: Dice, subject: Subject): Fields {
  return { ...some(dice, { note: subject.note }), ...keyed(dice, subject) };
}

function config(dice: Dice): Fields {
  return {
    ...limits(dice, SCOPES),
    ...some(dice, {
      timezone: pick(dice, ZONES),
      day_starts_at: pick(dice, ["00:00", "12:00"]),
      soft_warning_at: dice.int(0, 10) / 10,
      enforcement: pick(dice, ["enforce", "shadow"]),
      max_users: pick(dice, [1, 3, 1000, null]),
      reservation_ttl_seconds: dice.int(1, BOUND_FOR_SECONDS),
      max_reserved_share: dice.int(1, 10) / 10,
      prices: { "house-model": { input_usd: 1, output_usd: 2 } },
    }),
  };
}

function limits(dice: Dice, scopes: readonly string[]): Fields {
  const names = Array.from({ length: dice.int(0, 3) }, () => pick(dice, scopes) + pick(dice, METRICS));
  return Object.fromEntries(names.map((name) => [name, dice.int(0, 1_000_000)]));
}

/** Mostly realistic, at times the least or the most that one call may report. */
function tokens(dice: Dice): number {
  return dice.percent(90) ? dice.int(0, 5000) : pick(dice, [0, 100_000_000, 1_000_000_000_000]);
}

function usd(dice: Dice): number {
  return dice.percent(90) ? dice.int(0, 5_000_000) / 1e6 : pick(dice, [0, 1e-9, 10_000, 1_000_000]);
}
