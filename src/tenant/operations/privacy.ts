/** Erasure of a user, and of the whole tenant. */
import { NO_USAGE, nameOf, subtractUsage } from "../../core/index.ts";
import type { Operation } from "../../operations/index.ts";
import type { ErasedTenant, ErasedUser } from "../../wire/index.ts";
import { pseudonymizeKey, pseudonymizeReservation } from "../erasure/person.ts";
import { usageList } from "../store/usage-list.ts";
import type { Tenant } from "../tenant.ts";
import type { Handlers } from "./handler.ts";

/**
 * Erases a user: deletes their buckets and overrides, and replaces their id by a pseudonym in reservations, in the
 * ledger and in the answers stored for idempotency keys. Sums still add up: the ledger subtracts what the deleted
 * buckets had counted, under the pseudonym. Open reservations change at once, everything else in the background
 * (`ErasureJob`).
 */
function eraseUser(tenant: Tenant, { id: userId, pseudonym }: Operation<"erase_user">, nowMs: number): ErasedUser {
  const person = { userId, pseudonym };
  tenant.erasure.start(person, nowMs);
  let buckets = 0;
  for (const key of tenant.buckets.keysOfUser(userId)) {
    const bucket = tenant.buckets.get(key);
    if (!bucket) continue;
    buckets += 1;
    const usage = usageList(subtractUsage(NO_USAGE, bucket.usage));
    tenant.buckets.delete(bucket);
    tenant.ledger.append("erasure", { bucket: nameOf(pseudonymizeKey(person, bucket)), usage }, nowMs);
  }
  if (buckets === 0) tenant.ledger.append("erasure", {}, nowMs);
  tenant.overrides.deleteWhere((key) => pseudonymizeKey(person, key) !== key);
  tenant.sums.renameCompacted(userId, (key) => pseudonymizeKey(person, key));
  for (const reservation of [...tenant.openReservations.values()]) {
    const changed = pseudonymizeReservation(person, reservation);
    if (changed !== reservation) tenant.reservations.put(changed);
  }
  tenant.config.renameAuthor(userId, pseudonym);
  tenant.erasure.advance(nowMs);
  return { pseudonym, buckets };
}

/** Deletes everything stored for the tenant except its revoked tokens, which must not become valid again. */
function eraseTenant(tenant: Tenant): ErasedTenant {
  tenant.empty();
  return { erased: true };
}

export const PRIVACY_HANDLERS = {
  erase_user: { run: eraseUser, after: "both" },
  erase_tenant: { run: eraseTenant },
  export: { run: (tenant, { query }) => tenant.dump(query.after), after: "erasure" },
} satisfies Handlers;
