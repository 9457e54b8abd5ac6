/** The model's erasure: buckets and overrides are deleted, and a pseudonym replaces the id. */
import { type Key, OVERFLOW } from "./model-bucket-keys.ts";
import type { Replay } from "./model-requests.ts";
import type { ModelTenant } from "./model-tenant.ts";

export function eraseUser(tenant: ModelTenant, replays: Map<string, Replay>, userId: string, pseudonym: string) {
  const isTheirs = ({ scope, subject }: Key) =>
    (scope === "user" && subject === userId) ||
    (scope === "user_and_team" && subject !== OVERFLOW && JSON.parse(subject)[0] === userId);
  const theirs = tenant.buckets.filter(isTheirs);
  tenant.buckets = tenant.buckets.filter((bucket) => !isTheirs(bucket));
  tenant.overrides.delete(isTheirs);
  for (const reservation of tenant.reservations) {
    if (reservation.user !== userId) continue;
    reservation.user = pseudonym;
    if (reservation.owner === userId) reservation.owner = pseudonym;
  }
  for (const [place, replay] of replays) {
    replays.set(place, { ...replay, value: pseudonymized(replay.value as object, userId, pseudonym) });
  }
  for (const _ of theirs.length > 0 ? theirs : [null]) tenant.entries.push("erasure");
  return { pseudonym, buckets: theirs.length };
}

/** An answer with the pseudonym in place of the user's id. */
function pseudonymized(answer: object, userId: string, pseudonym: string): object {
  const { user_id, scope, id } = answer as { user_id?: string; scope?: string; id?: string | string[] };
  return {
    ...answer,
    ...(user_id === userId && { user_id: pseudonym }),
    ...(scope === "user" && id === userId && { id: pseudonym }),
    ...(scope === "user_and_team" && id?.[0] === userId && { id: [pseudonym, id[1]] }),
  };
}
