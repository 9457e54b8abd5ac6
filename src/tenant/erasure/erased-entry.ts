/** Replaces an erased user's id in ledger entries. */
import { keyNamed, nameOf, scopeParts } from "../../core/index.ts";
import type { StoredEntry } from "../store/ledger-entry.ts";
import { type Person, pseudonymizeKey } from "./person.ts";

/** A shorter id would match too many unrelated words. */
const MIN_LENGTH_IN_NOTES = 3;

/**
 * Replaces the person's id in an entry, and their idempotency keys. The amounts stay.
 *
 * @param hash hashes an idempotency key
 * @returns the same entry if it does not name the person
 */
export function pseudonymizeEntry(person: Person, entry: StoredEntry, hash: (key: string) => string): StoredEntry {
  const changes = { ...changesOfOwn(person, entry, hash), ...changesOfText(person, entry) };
  return Object.keys(changes).length === 0 ? entry : { ...entry, ...changes };
}

/** What changes in an entry that is about the person's own steps or buckets. */
function changesOfOwn(person: Person, entry: StoredEntry, hash: (key: string) => string): Partial<StoredEntry> {
  const { userId, pseudonym } = person;
  const key = entry.bucket && keyNamed(entry.bucket);
  const bucket = key && pseudonymizeKey(person, key);
  const isOwnBucket = bucket !== key;
  if (entry.user_id !== userId && !isOwnBucket) return {};
  return {
    ...(entry.user_id === userId && { user_id: pseudonym }),
    ...(isOwnBucket && bucket && { bucket: nameOf(bucket) }),
    ...(entry.idempotency_key !== undefined && { idempotency_key: hash(entry.idempotency_key) }),
    ...(entry.labels && { labels: pseudonymizeLabels(person, entry) }),
  };
}

/** Keeps a label if its bucket counted the entry: under another name, ledger and bucket would no longer add up. */
function pseudonymizeLabels({ userId, pseudonym }: Person, { labels = {}, scopes = [] }: StoredEntry) {
  const counted = new Set(scopes.flatMap(scopeParts));
  const changed = ([name, value]: [string, string]) => [
    name,
    value === userId && !counted.has(name) ? pseudonym : value,
  ];
  return Object.fromEntries(Object.entries(labels).map(changed));
}

/** What changes in any entry: its author and its note can name the person. */
function changesOfText(person: Person, { author, note }: StoredEntry): Partial<StoredEntry> {
  const { userId, pseudonym } = person;
  const clean = note === undefined ? note : pseudonymizeNote(person, note);
  return { ...(author === userId && { author: pseudonym }), ...(clean !== note && { note: clean }) };
}

/** Replaces the id unless it is part of a longer word. */
function pseudonymizeNote({ userId, pseudonym }: Person, note: string): string {
  if ([...userId].length < MIN_LENGTH_IN_NOTES) return note;
  const id = userId.replace(/[\\^$.*+?()[\]{}|]/gu, "\\$&");
  return note.replace(new RegExp(`(?<![\\p{L}\\p{N}])${id}(?![\\p{L}\\p{N}])`, "gu"), () => pseudonym);
}
