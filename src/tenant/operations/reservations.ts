/** Operations on reservations: reads here, writes beside. */
import type { Caller, Operation } from "../../operations/index.ts";
import type { Page, ReservationResponse } from "../../wire/index.ts";
import type { Tenant } from "../tenant.ts";
import { reservationAnswer } from "./answers.ts";
import type { Handlers } from "./handler.ts";
import { findReservation } from "./reservation-lookup.ts";
import { extend, reserve } from "./reserve.ts";
import { commit, release } from "./settlement.ts";

function reservation(
  tenant: Tenant,
  { id }: Operation<"reservation">,
  nowMs: number,
  caller?: Caller,
): ReservationResponse {
  return reservationAnswer(findReservation(tenant, id, nowMs, caller));
}

function reservations(
  tenant: Tenant,
  { query }: Operation<"reservations">,
  _: number,
  caller?: Caller,
): Page<ReservationResponse, string> {
  const { items, next } = tenant.reservations.page({ ...query, user: caller?.user, labels: caller?.labels });
  return { items: items.map(reservationAnswer), next };
}

export const RESERVATION_HANDLERS = {
  reserve: { run: reserve },
  commit: { run: commit },
  release: { run: release },
  extend: { run: extend },
  reservation: { run: reservation },
  reservations: { run: reservations, after: "both" },
} satisfies Handlers;
