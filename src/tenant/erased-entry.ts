import { type BucketKey, keyNamed, nameOf, scopeParts } from "../core/index.ts";
import type { StoredEntry } from "./ledger-entry.ts";

/** Who is erased, and what stands for what was theirs. */
export interface Erasure {
  readonly userId: string;
  readonly pseudonym: string;
  /** The key of a bucket with the pseudonym; the same key if it is another's. */
  readonly rename: (key: BucketKey) => BucketKey;
  /** What stands for an idempotency key of theirs. */
  readonly hash: (key: string) => string;
}

/** A shorter id is found in too many words that have nothing to do with it. */
const MIN_LENGTH_IN_NOTES = 3;

/** An entry with the pseudonym for the person; the same entry if it does not name them. What it adds up to stays. */
export function entryWithoutUser(entry: StoredEntry, erasure: Erasure): StoredEntry {
  const changes = { ...changesOfOwn(entry, erasure), ...changesOfAny(entry, erasure) };
  return Object.keys(changes).length === 0 ? entry : { ...entry, ...changes };
}

/** What changes of an entry that is the person's own. */
function changesOfOwn(entry: StoredEntry, { userId, pseudonym, rename, hash }: Erasure): Partial<StoredEntry> {
  const key = entry.bucket && keyNamed(entry.bucket);
  const bucket = key && rename(key);
  const isOfBucket = bucket !== key;
  if (entry.user_id !== userId && !isOfBucket) return {};
  return {
    ...(entry.user_id === userId && { user_id: pseudonym }),
    ...(isOfBucket && bucket && { bucket: nameOf(bucket) }),
    ...(entry.idempotency_key !== undefined && { idempotency_key: hash(entry.idempotency_key) }),
    ...(entry.labels && { labels: labelsWithoutUser(entry, userId, pseudonym) }),
  };
}

/** A label stays if the entry was added to that label's bucket: under another name, the two would not add up. */
function labelsWithoutUser({ labels = {}, scopes = [] }: StoredEntry, userId: string, pseudonym: string) {
  const counted = new Set(scopes.flatMap(scopeParts));
  const changed = ([name, value]: [string, string]) => [
    name,
    value === userId && !counted.has(name) ? pseudonym : value,
  ];
  return Object.fromEntries(Object.entries(labels).map(changed));
}

/** What changes of an entry, whoever's it is. */
function changesOfAny({ author, note }: StoredEntry, { userId, pseudonym }: Erasure): Partial<StoredEntry> {
  const clean = note === undefined ? note : noteWithoutUser(note, userId, pseudonym);
  return { ...(author === userId && { author: pseudonym }), ...(clean !== note && { note: clean }) };
}

/** Replaces the id where it is not a part of a longer word. */
function noteWithoutUser(note: string, userId: string, pseudonym: string): string {
  if ([...userId].length < MIN_LENGTH_IN_NOTES) return note;
  const id = userId.replace(/[\\^$.*+?()[\]{}|]/gu, "\\$&");
  return note.replace(new RegExp(`(?<![\\p{L}\\p{N}])${id}(?![\\p{L}\\p{N}])`, "gu"), () => pseudonym);
}
