/** Erasure: of a user, and of the whole tenant. */
import { NO_USAGE, nameOf, subtractUsage } from "../../core/index.ts";
import type { Operation } from "../../operations/index.ts";
import type { ErasedTenant, ErasedUser } from "../../wire/index.ts";
import { keyWithout, reservationWithout } from "../erasure/person.ts";
import { usageList } from "../store/usage-list.ts";
import type { Tenant } from "../tenant.ts";

/**
 * Forgets a person: their buckets go, with what is set for them, and a pseudonym stands for their id from now on in
 * reservations, in the ledger and in the answers that are kept for idempotency keys. No sum changes: what their buckets
 * had counted is taken away under the pseudonym. What is open now changes at once, the past after it (`ErasureJob`).
 */
export function eraseUser(
  tenant: Tenant,
  { id: userId, pseudonym }: Operation<"erase_user">,
  nowMs: number,
): ErasedUser {
  const person = { userId, pseudonym };
  tenant.erasure.begin(person, nowMs);
  let buckets = 0;
  for (const key of tenant.buckets.keysOf(userId)) {
    const bucket = tenant.buckets.get(key);
    if (!bucket) continue;
    buckets += 1;
    const usage = usageList(subtractUsage(NO_USAGE, bucket.usage));
    tenant.buckets.drop(bucket);
    tenant.ledger.append("erasure", { bucket: nameOf(keyWithout(person, bucket)), usage }, nowMs);
  }
  if (buckets === 0) tenant.ledger.append("erasure", {}, nowMs);
  tenant.overrides.drop((key) => keyWithout(person, key) !== key);
  tenant.sums.renameCarried(userId, (key) => keyWithout(person, key));
  for (const reservation of [...tenant.openReservations.values()]) {
    const changed = reservationWithout(person, reservation);
    if (changed !== reservation) tenant.reservations.put(changed);
  }
  tenant.config.renameAuthor(userId, pseudonym);
  tenant.erasure.advance(nowMs);
  return { pseudonym, buckets };
}

/** Deletes everything stored for the tenant, except which tokens were revoked: they must not become valid again. */
export function eraseTenant(tenant: Tenant): ErasedTenant {
  tenant.empty();
  return { erased: true };
}
