import { keyNamed, nameOf, scopeParts } from "../../core/index.ts";
import type { StoredEntry } from "../store/ledger-entry.ts";
import { keyWithout, type Person } from "./person.ts";

/** A shorter id is found in too many words that have nothing to do with it. */
const MIN_LENGTH_IN_NOTES = 3;

/**
 * An entry with the pseudonym for the person; the same entry if it does not name them. What it adds up to stays.
 *
 * @param hash gives what stands for an idempotency key of theirs
 */
export function entryWithout(person: Person, entry: StoredEntry, hash: (key: string) => string): StoredEntry {
  const changes = { ...changesOfOwn(person, entry, hash), ...changesOfAny(person, entry) };
  return Object.keys(changes).length === 0 ? entry : { ...entry, ...changes };
}

/** What changes of an entry that is the person's own. */
function changesOfOwn(person: Person, entry: StoredEntry, hash: (key: string) => string): Partial<StoredEntry> {
  const { userId, pseudonym } = person;
  const key = entry.bucket && keyNamed(entry.bucket);
  const bucket = key && keyWithout(person, key);
  const isOfBucket = bucket !== key;
  if (entry.user_id !== userId && !isOfBucket) return {};
  return {
    ...(entry.user_id === userId && { user_id: pseudonym }),
    ...(isOfBucket && bucket && { bucket: nameOf(bucket) }),
    ...(entry.idempotency_key !== undefined && { idempotency_key: hash(entry.idempotency_key) }),
    ...(entry.labels && { labels: labelsWithout(person, entry) }),
  };
}

/** A label stays if the entry was added to that label's bucket: under another name, the two would not add up. */
function labelsWithout({ userId, pseudonym }: Person, { labels = {}, scopes = [] }: StoredEntry) {
  const counted = new Set(scopes.flatMap(scopeParts));
  const changed = ([name, value]: [string, string]) => [
    name,
    value === userId && !counted.has(name) ? pseudonym : value,
  ];
  return Object.fromEntries(Object.entries(labels).map(changed));
}

/** What changes of an entry, whoever's it is. */
function changesOfAny(person: Person, { author, note }: StoredEntry): Partial<StoredEntry> {
  const { userId, pseudonym } = person;
  const clean = note === undefined ? note : noteWithout(person, note);
  return { ...(author === userId && { author: pseudonym }), ...(clean !== note && { note: clean }) };
}

/** Replaces the id where it is not a part of a longer word. */
function noteWithout({ userId, pseudonym }: Person, note: string): string {
  if ([...userId].length < MIN_LENGTH_IN_NOTES) return note;
  const id = userId.replace(/[\\^$.*+?()[\]{}|]/gu, "\\$&");
  return note.replace(new RegExp(`(?<![\\p{L}\\p{N}])${id}(?![\\p{L}\\p{N}])`, "gu"), () => pseudonym);
}
