/** Replaces an erased user's id in bucket keys, reservations and stored answers. */
import {
  type BucketKey,
  type BucketName,
  isOverflow,
  keyNamed,
  nameOf,
  type Reservation,
  scopeParts,
  USER,
} from "../../core/index.ts";

/** An erased user, and the pseudonym that replaces their id. */
export interface Person {
  readonly userId: string;
  readonly pseudonym: string;
}

/** @returns the same key if it does not name the person */
export function pseudonymizeKey<K extends BucketKey>({ userId, pseudonym }: Person, key: K): K | BucketKey {
  const { scope, subject } = key;
  const place = scopeParts(scope).indexOf(USER);
  if (place === -1 || isOverflow(key)) return key;
  if (scope === USER) return subject === userId ? { scope, subject: pseudonym } : key;
  const parts: (string | null)[] = JSON.parse(subject);
  return parts[place] === userId ? { scope, subject: JSON.stringify(parts.with(place, pseudonym)) } : key;
}

/** @returns the same reservation if it is not the person's */
export function pseudonymizeReservation({ userId, pseudonym }: Person, reservation: Reservation): Reservation {
  if (reservation.subject.userId !== userId) return reservation;
  const { subject, owner } = reservation;
  const [user, labels] = owner === undefined ? [] : JSON.parse(owner);
  return {
    ...reservation,
    subject: { ...subject, userId: pseudonym },
    ...(user === userId && { owner: JSON.stringify([pseudonym, labels]) }),
  };
}

/** @returns the same answer if the request was neither made by the person nor about them */
export function pseudonymizeAnswer(person: Person, request: string, answer: unknown): unknown {
  const { userId, pseudonym } = person;
  const [operation, boundUser] = JSON.parse(request) as [Partial<StoredRequest>, string | null | undefined];
  const fields = answer as StoredAnswer;
  const isTheirs =
    boundUser === userId ||
    operation.request?.user_id === userId ||
    operation.edit?.author === userId ||
    (operation.key && pseudonymizeKey(person, operation.key) !== operation.key) ||
    fields.user_id === userId;
  if (!isTheirs) return answer;
  const { scope, id, overflow } = fields;
  return {
    ...fields,
    ...(fields.user_id === userId && { user_id: pseudonym }),
    ...(fields.author === userId && { author: pseudonym }),
    ...(scope !== undefined && id !== undefined && pseudonymizeName(person, { scope, id, overflow })),
  };
}

/** The fields of a stored request that can name a person. */
interface StoredRequest {
  readonly request: { readonly user_id?: string | null };
  readonly edit: { readonly author?: string | null };
  readonly key: BucketKey;
}

/** The fields of a stored answer that can name a person. */
interface StoredAnswer extends Partial<BucketName> {
  readonly user_id?: string | null;
  readonly author?: string | null;
}

function pseudonymizeName(person: Person, name: BucketName) {
  const key = keyNamed(name);
  return key ? nameOf(pseudonymizeKey(person, key)) : name;
}
