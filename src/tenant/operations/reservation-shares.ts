/** What one caller may reserve: its share of a limit, how many reservations, and for how long. */
import { stringify } from "safe-stable-stringify";
import { isOverflow, MAX_AGE_SECONDS, type Policy, type ReservationOwner, scopeParts, USER } from "../../core/index.ts";
import type { Caller } from "../../operations/index.ts";
import { BudgetError } from "../../wire/index.ts";
import type { Tenant } from "../tenant.ts";

/** How many open reservations a tenant can have, which bounds the object's memory. */
const MAX_OPEN = 20_000;
/** How many open reservations callers bound to one user, or to the same labels, can have. */
const MAX_OPEN_BOUND = 1000;

/** The owner of a bound caller's reservations, which may reserve only a share of a limit. Other callers have none. */
export function ownerOf(caller: Caller | undefined, { maxReservedShare }: Policy): ReservationOwner | undefined {
  const { user, labels = {} } = caller ?? {};
  const names = Object.keys(labels);
  if (user === undefined && names.length === 0) return undefined;
  const own = user === undefined ? names : [USER];
  return {
    id: stringify([user ?? null, labels]) ?? "",
    share: maxReservedShare,
    isOwn: (key) => !isOverflow(key) && own.every((part) => scopeParts(key.scope).includes(part)),
  };
}

/** @throws BudgetError `too_many_reservations` if the tenant or the owner cannot have another one open */
export function requireRoom({ openReservations }: Tenant, owner: ReservationOwner | undefined): void {
  const refuse = (detail: string) => new BudgetError({ code: "too_many_reservations", detail });
  if (openReservations.size >= MAX_OPEN) throw refuse(`a tenant can have up to ${MAX_OPEN} open reservations`);
  if (owner && openReservations.pendingOfOwner(owner.id).concurrentCalls >= MAX_OPEN_BOUND) {
    throw refuse(
      `callers bound to one user, or to the same labels, can have up to ${MAX_OPEN_BOUND} open reservations`,
    );
  }
}

/** The refusal of amounts that fit the limit but not the owner's share of it. */
export function beyondShare(limit: string, { share }: ReservationOwner): BudgetError {
  const detail = `the open reservations of one bound caller may hold up to ${share * 100}% of what others leave of a limit; this would exceed it under ${limit}`;
  return new BudgetError({ code: "reservation_share", detail });
}

/** When a reservation expires: no later than the caller's token, and no later than the maximum age. */
export function expiryOf(requestedMs: number, createdAtMs: number, caller: Caller | undefined): number {
  return Math.min(requestedMs, createdAtMs + MAX_AGE_SECONDS * 1000, caller?.expiresAtMs ?? Number.POSITIVE_INFINITY);
}
