import {
  ReservationDecisionSchema,
  ReservationSchema,
  ReservationsPage,
  WrittenReservationSchema,
} from "../../wire/answer-schemas.ts";
import { CommitRequest, ExtendRequest, ReleaseRequest, ReservationsQuery, ReserveRequest } from "../../wire/index.ts";
import { IDEMPOTENCY_HEADER, withIdempotencyKey } from "../idempotency.ts";
import { jsonBody, optionalJsonBody } from "../json-body.ts";
import { rateLimitFields } from "../rate-limit-fields.ts";
import type { Route, RouteContext } from "../route.ts";
import { TENANT_PATH } from "./paths.ts";

const PATH = `${TENANT_PATH}/reservations`;
const ONE = `${PATH}/{reservation}`;
const AMOUNTS = { tokens: 4000, input_tokens: 1000, output_tokens: 0, cost_usd: 0.05 };
const NOTHING = { tokens: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 };
const NO_TOTALS = {
  tokens_in: 0,
  tokens_out: 0,
  tokens_total: 0,
  cost_usd: 0,
  calls: 0,
  cache_read_input_tokens: 0,
  cache_write_input_tokens: 0,
  reasoning_output_tokens: 0,
};
const HELD = {
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
const SETTLED = { ...HELD, held: NOTHING, settled_at: "2026-11-24T05:00:12.000Z" };
const COMMITTED = {
  ...SETTLED,
  state: "committed",
  spent: { ...NO_TOTALS, tokens_in: 980, tokens_out: 410, tokens_total: 1390, cost_usd: 0.02, calls: 1 },
};
const DECISION = { state: "ok", reason: null, limit: null, remaining: { tokens: 96_000 }, retry_after: null };

const idOf = (c: RouteContext) => c.req.param("reservation") ?? "";

/** Holds on parts of the budget for calls about to be made. */
export const RESERVATION_ROUTES: readonly Route[] = [
  {
    method: "post",
    path: PATH,
    scope: "reserve",
    operationId: "reserve",
    tag: "Reservations",
    summary: "Hold what a call may come to",
    description:
      "Checks and holds in one step, against every limit: 201 with the reservation, or 429 where time will make room and 402 where none will.",
    headers: IDEMPOTENCY_HEADER,
    body: {
      schema: ReserveRequest,
      example: { user_id: "alice", tokens: 4000, input_tokens: 1000, cost_usd: 0.05, on_expiry: "charge" },
    },
    answer: {
      status: 201,
      description: "The reservation, and the decision for the next step with it held.",
      schema: ReservationDecisionSchema,
      example: { ...HELD, decision: DECISION },
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
  },
  {
    method: "get",
    path: PATH,
    scope: "read",
    operationId: "listReservations",
    tag: "Reservations",
    summary: "List reservations",
    description: "In order of their creation; a bound token sees its own.",
    query: ReservationsQuery,
    answer: { description: "A page of them.", schema: ReservationsPage, example: { items: [HELD], next: null } },
    handle: async (c) => c.json(await c.var.tenant.reservations(c.req.query())),
  },
  {
    method: "get",
    path: ONE,
    scope: "read",
    operationId: "getReservation",
    tag: "Reservations",
    summary: "Tell of one reservation",
    answer: { description: "The reservation.", schema: ReservationSchema, example: COMMITTED },
    problems: ["unknown_reservation"],
    handle: async (c) => c.json(await c.var.tenant.reservation(idOf(c))),
  },
  {
    method: "post",
    path: `${ONE}/commit`,
    scope: "reserve",
    operationId: "commit",
    tag: "Reservations",
    summary: "Settle a reservation with what was really used",
    description:
      "Less gives the rest back, more is recorded too. With `final: false` it is a part, and the rest stays held. After the end of its time it is still recorded, `late`. Another `model` than the reservation's needs `cost_usd`.",
    headers: IDEMPOTENCY_HEADER,
    body: { schema: CommitRequest, example: { tokens_in: 980, tokens_out: 410, cost_usd: 0.02 } },
    answer: {
      description: "The reservation, and the decision for the next step.",
      schema: ReservationDecisionSchema,
      example: { ...COMMITTED, decision: DECISION },
    },
    problems: ["unknown_reservation", "already_settled", "unknown_model", "idempotency_mismatch"],
    handle: async (c) => c.json(await c.var.tenant.commit(idOf(c), withIdempotencyKey(c.req, await jsonBody(c.req)))),
  },
  {
    method: "post",
    path: `${ONE}/release`,
    scope: "reserve",
    operationId: "release",
    tag: "Reservations",
    summary: "Give back what a reservation holds",
    headers: IDEMPOTENCY_HEADER,
    body: { schema: ReleaseRequest, example: {}, required: false },
    answer: {
      description: "The reservation. One that had expired or was released before stays as it is.",
      schema: WrittenReservationSchema,
      example: { ...SETTLED, state: "released" },
    },
    problems: ["unknown_reservation", "already_settled", "idempotency_mismatch"],
    handle: async (c) =>
      c.json(await c.var.tenant.release(idOf(c), withIdempotencyKey(c.req, await optionalJsonBody(c.req)))),
  },
  {
    method: "post",
    path: `${ONE}/extend`,
    scope: "reserve",
    operationId: "extend",
    tag: "Reservations",
    summary: "Give a reservation more to hold, or more time",
    headers: IDEMPOTENCY_HEADER,
    body: { schema: ExtendRequest, example: { tokens: 2000, ttl_seconds: 120 } },
    answer: {
      description: "The reservation, and the decision for the next step.",
      schema: ReservationDecisionSchema,
      example: { ...HELD, decision: DECISION },
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
  },
];
