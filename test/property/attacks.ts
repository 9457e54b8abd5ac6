/** Calls that an attacker may send: any operation, with any token but the operator's. */
import fc from "fast-check";
import { ROUTES } from "../../src/worker/routes/index.ts";

/** A caller: what its token is bound to and allows, how it was made, and whether it is revoked. */
export interface Attacker {
  readonly bound: { readonly user?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly scope: string;
  readonly made: "signed" | "minted" | "minted twice" | "revoked" | "minted by a revoked one";
}

/** One call of an attacker. */
export interface Attack {
  readonly attacker: Attacker;
  readonly method: string;
  /** Relative to the tenant's path. */
  readonly path: string;
  readonly body: unknown;
}

const IDS = [
  "mallory",
  "victim",
  "anonymous",
  "ghost",
  "..",
  "*".repeat(257),
  '["victim","blue"]',
  '["mallory","red"]',
];
const id = fc.constantFrom(...IDS);
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [], noNullPrototype: true });

const amount = fc.constantFrom(0, 1, 5, 1000, 1e8, 1e12, -5, 0.5);
const step = {
  user_id: fc.constantFrom("mallory", "victim", null, "ghost"),
  labels: fc.constantFrom<Record<string, string>[]>({}, { team: "red" }, { team: "blue" }, { model: "m" }, { x: "y" }),
  model: fc.constantFrom("m", "gpt-4o-mini"),
  detail: fc.boolean(),
  idempotency_key: fc.constantFrom("key 0", "key 1", "key 2", "key 3", "mine"),
};
const request = some({
  ...step,
  tokens: amount,
  tokens_in: amount,
  tokens_out: amount,
  input_tokens: amount,
  cost_usd: fc.constantFrom(0, 0.01, 9000, 1e6),
  calls: fc.constantFrom(-1, 0, 1),
  ttl_seconds: fc.constantFrom(60, 86_400),
  on_expiry: fc.constantFrom("release", "charge"),
  if_short: fc.constantFrom("reject", "cap"),
  final: fc.boolean(),
  note: fc.constant("n"),
  until: fc.constant(null),
  scope: fc.constantFrom("admin", "consume", "read configure"),
  user: fc.constantFrom("mallory", "victim"),
  max_tokens: fc.constantFrom(null, 0, 1e9),
});
/** Fields of agents' calls that are often allowed: of the caller's own user, or of unknown users. */
const ownFields = {
  user_id: fc.constantFrom("mallory", "mallory", "mallory", "ghost 1", "ghost 2", "ghost 3"),
  labels: fc.constantFrom<Record<string, string>[]>({ team: "red" }, { model: "m" }),
  idempotency_key: step.idempotency_key,
};
const ownStep = some({ ...ownFields, tokens_in: fc.constantFrom(0, 1, 7), cost_usd: fc.constantFrom(0, 0.01) });
const ownReservation = some({ ...ownFields, tokens: fc.constantFrom(1, 1e8), ttl_seconds: fc.constant(86_400) });
const bucket = fc.constantFrom({ scope: "user", id: "victim" }, { scope: "tenant" }, { scope: "user", id: "mallory" });
const operation = fc.oneof(
  { weight: 2, arbitrary: ownStep.map((fields) => ({ op: "consume", ...fields })) },
  { weight: 3, arbitrary: ownReservation.map((fields) => ({ op: "reserve", ...fields })) },
  fc
    .tuple(fc.constantFrom("allows_step", "consume", "reserve", "commit", "release", "extend"), request)
    .map(([op, fields]) => ({ op, ...fields })),
  fc
    .tuple(
      fc.constantFrom("usage", "set_limits", "reset", "adjust", "freeze", "unfreeze", "configure"),
      request,
      bucket,
    )
    .map(([op, fields, named]) => ({ op, ...fields, bucket: named })),
);

const AGENTS = ["allowsStep", "consume", "reserve", "batch", "batch", "batch", "commit", "extend", "release"];
const routes = ROUTES.filter(({ path }) => path.startsWith("/v1/"));
const route = fc.oneof(
  fc.constantFrom(...AGENTS.flatMap((name) => routes.filter(({ operationId }) => operationId === name))),
  fc.constantFrom(...routes),
);

const attacker: fc.Arbitrary<Attacker> = fc.record({
  bound: fc.constantFrom(
    { user: "mallory" },
    { labels: { team: "red" } },
    { user: "mallory", labels: { team: "red" } },
    {},
  ),
  scope: fc.subarray(["check", "consume", "reserve", "read"], { minLength: 2 }).map((scopes) => scopes.join(" ")),
  made: fc.constantFrom("signed", "signed", "minted", "minted twice", "revoked", "minted by a revoked one"),
});

/** Stands for a reservation's id in a path. */
export const RESERVATION = "RESERVATION";

export const attack: fc.Arbitrary<Attack> = fc
  .tuple(
    attacker,
    route,
    id,
    fc.constantFrom("user", "team", "tenant", "user_and_team"),
    fc.oneof(request, ownStep, ownReservation),
    fc.array(operation, { maxLength: 12 }),
  )
  .map(([who, { method, path, operationId }, named, scope, fields, operations]) => ({
    attacker: who,
    method: method.toUpperCase(),
    path: path
      .replace("/v1/tenants/{tenant}", "")
      .replace("{scope}", scope)
      .replace("{id}", encodeURIComponent(named))
      .replace("{jti}", "operator")
      .replace("{reservation}", RESERVATION),
    body: operationId === "batch" ? { operations } : fields,
  }));
