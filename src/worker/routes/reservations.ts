/** The routes of reservations. */
import { jsonBody, optionalJsonBody } from "../json-body.ts";
import { rateLimitFields } from "../rate-limit-fields.ts";
import { type Route, type RouteContext, routeOf, TENANT_PATH } from "../route.ts";
import { IDEMPOTENCY_HEADER, withIdempotencyKey } from "../write-headers.ts";
import { NO_AMOUNTS, NO_TOTALS } from "./examples.ts";

const PATH = `${TENANT_PATH}/reservations`;
const ONE = `${PATH}/{reservation}`;
const AMOUNTS = { tokens: 4000, input_tokens: 1000, output_tokens: 0, cost_usd: 0.05 };
const OPEN = {
  id: "01KAW0000000000000000000ZZ",
  state: "held",
  user_id: "alice",
  labels: {},
  granted: AMOUNTS,
  held: AMOUNTS,
  spent: NO_TOTALS,
  on_expiry: "charge",
  created_at: "2026-11-24T05:00:00.000Z",
  expires_at: "2026-11-24T05:01:00.000Z",
  settled_at: null,
};
const SETTLED = { ...OPEN, held: NO_AMOUNTS, settled_at: "2026-11-24T05:00:12.000Z" };
const COMMITTED = {
  ...SETTLED,
  state: "committed",
  spent: { ...NO_TOTALS, tokens_in: 980, tokens_out: 410, tokens_total: 1390, cost_usd: 0.02, calls: 1 },
};
const decision = { state: "ok", reason: null, limit: null, remaining: { tokens: 96_000 }, retry_after: null };

const idOf = (c: RouteContext) => c.req.param("reservation") ?? "";
const tag = "Reservations";

export const RESERVATION_ROUTES: readonly Route[] = [
  routeOf("reserve", {
    method: "post",
    path: PATH,
    operationId: "reserve",
    tag,
    description:
      "Checks every limit and reserves the amounts, atomically. Returns 201 with the reservation. If not enough is left, returns 429 if waiting helps and 402 if it does not.",
    headers: IDEMPOTENCY_HEADER,
    body: { example: { user_id: "alice", tokens: 4000, input_tokens: 1000, cost_usd: 0.05, on_expiry: "charge" } },
    answer: {
      status: 201,
      description: "The reservation, and the decision for the next step with it counted.",
      example: { ...OPEN, decision },
    },
    problems: [
      "limit_reached",
      "budget_exhausted",
      "reservation_share",
      "too_many_reservations",
      "unknown_model",
      "idempotency_mismatch",
    ],
    handle: async (c) => {
      const answer = await c.var.tenant.reserve(withIdempotencyKey(c.req, await jsonBody(c.req)));
      c.set("decision", answer.decision.state);
      return c.json(answer, 201, rateLimitFields(answer.decision, Date.now()));
    },
  }),
  routeOf("reservations", {
    method: "get",
    path: PATH,
    operationId: "listReservations",
    tag,
    description: "In order of creation. A bound token lists only its own reservations.",
    answer: { description: "A page of reservations.", example: { items: [OPEN], next: null } },
    handle: async (c) => c.json(await c.var.tenant.reservations(c.req.query())),
  }),
  routeOf("reservation", {
    method: "get",
    path: ONE,
    operationId: "getReservation",
    tag,
    answer: { description: "The reservation.", example: COMMITTED },
    problems: ["unknown_reservation"],
    handle: async (c) => c.json(await c.var.tenant.reservation(idOf(c))),
  }),
  routeOf("commit", {
    method: "post",
    path: `${ONE}/commit`,
    operationId: "commit",
    tag,
    description:
      "Records the call's usage, which can be less or more than reserved. With `final: false` it is a part of it, and the rest stays reserved. A commit after the reservation was released or has expired is still recorded, as `late`. With a `model` other than the reservation's, send `cost_usd`.",
    headers: IDEMPOTENCY_HEADER,
    body: { example: { tokens_in: 980, tokens_out: 410, cost_usd: 0.02 } },
    answer: {
      description: "The reservation, the cost that was recorded, and the decision for the next step.",
      example: { ...COMMITTED, cost_usd: 0.02, decision },
    },
    problems: ["unknown_reservation", "already_settled", "idempotency_mismatch"],
    handle: async (c) => c.json(await c.var.tenant.commit(idOf(c), withIdempotencyKey(c.req, await jsonBody(c.req)))),
  }),
  routeOf("release", {
    method: "post",
    path: `${ONE}/release`,
    operationId: "release",
    tag,
    headers: IDEMPOTENCY_HEADER,
    body: { example: {}, required: false },
    answer: {
      description: "The reservation. If it was already released or has expired, it is unchanged.",
      example: { ...SETTLED, state: "released" },
    },
    problems: ["unknown_reservation", "already_settled", "idempotency_mismatch"],
    handle: async (c) =>
      c.json(await c.var.tenant.release(idOf(c), withIdempotencyKey(c.req, await optionalJsonBody(c.req)))),
  }),
  routeOf("extend", {
    method: "post",
    path: `${ONE}/extend`,
    operationId: "extend",
    tag,
    headers: IDEMPOTENCY_HEADER,
    body: { example: { tokens: 2000, ttl_seconds: 120 } },
    answer: {
      description: "The reservation, and the decision for the next step.",
      example: { ...OPEN, decision },
    },
    problems: [
      "unknown_reservation",
      "already_settled",
      "limit_reached",
      "budget_exhausted",
      "reservation_share",
      "unknown_model",
      "idempotency_mismatch",
    ],
    handle: async (c) => c.json(await c.var.tenant.extend(idOf(c), withIdempotencyKey(c.req, await jsonBody(c.req)))),
  }),
];
