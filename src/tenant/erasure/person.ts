/** A user who is erased, and what becomes of their id wherever it is stored. */
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

/** A person who is erased, and what stands for their id from then on. */
export interface Person {
  readonly userId: string;
  readonly pseudonym: string;
}

/** The key with the pseudonym for the user; the same one if it is another's. */
export function keyWithout<K extends BucketKey>({ userId, pseudonym }: Person, key: K): K | BucketKey {
  const { scope, subject } = key;
  const place = scopeParts(scope).indexOf(USER);
  if (place === -1 || isOverflow(key)) return key;
  if (scope === USER) return subject === userId ? { scope, subject: pseudonym } : key;
  const parts: (string | null)[] = JSON.parse(subject);
  return parts[place] === userId ? { scope, subject: JSON.stringify(parts.with(place, pseudonym)) } : key;
}

/** A hold with the pseudonym for its user; the same hold if it is another's. */
export function reservationWithout({ userId, pseudonym }: Person, reservation: Reservation): Reservation {
  if (reservation.subject.userId !== userId) return reservation;
  const { subject, owner } = reservation;
  const [user, labels] = owner === undefined ? [] : JSON.parse(owner);
  return {
    ...reservation,
    subject: { ...subject, userId: pseudonym },
    ...(user === userId && { owner: JSON.stringify([pseudonym, labels]) }),
  };
}

/** A stored answer to a request of this person or about them, with the pseudonym; the same answer to any other. */
export function answerWithout(person: Person, request: string, answer: unknown): unknown {
  const { userId, pseudonym } = person;
  const [operation, boundUser] = JSON.parse(request) as [Partial<Stored>, string | null | undefined];
  const told = answer as Told;
  const isTheirs =
    boundUser === userId ||
    operation.request?.user_id === userId ||
    operation.edit?.author === userId ||
    (operation.key && keyWithout(person, operation.key) !== operation.key) ||
    told.user_id === userId;
  if (!isTheirs) return answer;
  const { scope, id, overflow } = told;
  return {
    ...told,
    ...(told.user_id === userId && { user_id: pseudonym }),
    ...(told.author === userId && { author: pseudonym }),
    ...(scope !== undefined && id !== undefined && nameWithout(person, { scope, id, overflow })),
  };
}

/** What a stored request can say of a person. */
interface Stored {
  readonly request: { readonly user_id?: string | null };
  readonly edit: { readonly author?: string | null };
  readonly key: BucketKey;
}

/** What a stored answer can say of a person. */
interface Told extends Partial<BucketName> {
  readonly user_id?: string | null;
  readonly author?: string | null;
}

function nameWithout(person: Person, name: BucketName) {
  const key = keyNamed(name);
  return key ? nameOf(keyWithout(person, key)) : name;
}
