import { stringify } from "safe-stable-stringify";
import { isOverflow, MAX_AGE_SECONDS, type Policy, type ReservationOwner, scopeParts, USER } from "../../core/index.ts";
import type { Caller } from "../../operations/index.ts";
import { BudgetError } from "../../wire/index.ts";
import type { Tenant } from "../tenant.ts";

/** How many reservations a tenant can have open at once, which bounds the object's memory. */
const MAX_OPEN = 20_000;
/** How many of them callers bound to one user, or to the same labels, can have. */
const MAX_OPEN_BOUND = 1000;

/** A caller that may keep only a share of what is left for all: one that is bound to a user or to labels. */
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

/** @throws BudgetError `too_many_reservations` if the tenant, or the owner, has as many open as it may */
export function requirePlace({ openReservations }: Tenant, owner: ReservationOwner | undefined): void {
  const refuse = (detail: string) => new BudgetError({ code: "too_many_reservations", detail });
  if (openReservations.size >= MAX_OPEN) throw refuse(`a tenant can have up to ${MAX_OPEN} open reservations`);
  if (owner && openReservations.pendingOfOwner(owner.id).concurrentCalls >= MAX_OPEN_BOUND) {
    throw refuse(
      `callers bound to one user, or to the same labels, can have up to ${MAX_OPEN_BOUND} open reservations`,
    );
  }
}

/** Why a owner is not given what no limit refuses. */
export function beyondShare(limit: string, { share }: ReservationOwner): BudgetError {
  const detail = `the open reservations of one bound caller may hold up to ${share * 100}% of what others leave of a limit; this would exceed it under ${limit}`;
  return new BudgetError({ code: "reservation_share", detail });
}

/** When a reservation ends: not after the token that it is made with, and not after its age's bound. */
export function endOf(askedMs: number, createdAtMs: number, caller: Caller | undefined): number {
  return Math.min(askedMs, createdAtMs + MAX_AGE_SECONDS * 1000, caller?.expiresAtMs ?? Number.POSITIVE_INFINITY);
}
