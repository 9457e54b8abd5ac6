/** Buckets: the running totals of a subject of a scope, and their keys and names. */
import type { Calendar } from "./calendar.ts";
import { type Counter, countedSlots, type Slots } from "./counter.ts";
import { parseScope, type Scope, scopeParts, TENANT, USER } from "./limits.ts";
import { isNothing, NO_USAGE, type Usage } from "./usage.ts";
import type { OpenWindow } from "./window.ts";

export interface BucketKey {
  readonly scope: Scope;
  /** A user's id, empty for the anonymous user; a label's value; or, in a compound scope, a JSON array of those. */
  readonly subject: string;
}

/** Times are epoch milliseconds. */
export interface Bucket extends BucketKey {
  /** Changes whenever the bucket is created or reset, so that a credit for the old one is not taken from the new one. */
  generation: number;
  /** Since its creation or its last reset. */
  usage: Usage;
  /** By window, for the windows of the limits that apply to it. */
  counters: ReadonlyMap<string, Counter>;
  /** When its wall clock started: at its creation or its last reset. */
  startedAtMs: number;
  /** When it was last read or charged, by which it is idle. */
  touchedAtMs: number;
  /** False if a later touch may be lost, since a store does not store every one (`Rules.touchShare`). */
  isTouchExact: boolean;
  /** Its place in the order of touches, by which the least recently touched bucket is evicted. */
  touchedSeq: number;
}

/** Whose step it is. */
export interface Subject {
  /** Null: the anonymous user. */
  readonly userId: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export const TENANT_KEY: BucketKey = { scope: TENANT, subject: "" };

export function userKey(userId: string | null): BucketKey {
  return { scope: USER, subject: userId ?? "" };
}

/** Longer than any id, so that it is no other subject's. */
const OVERFLOW = "*".repeat(257);

/** The bucket that new subjects of a full scope share. */
export function overflowKey(scope: Scope): BucketKey {
  return { scope, subject: OVERFLOW };
}

export function isOverflow({ subject }: BucketKey): boolean {
  return subject === OVERFLOW;
}

/** The bucket of a subject in a scope; undefined if the subject lacks a label of the scope. */
export function keyOf(scope: Scope, { userId, labels }: Subject): BucketKey | undefined {
  const values: (string | null)[] = [];
  for (const part of scopeParts(scope)) {
    const value = part === USER ? userId : Object.hasOwn(labels, part) ? labels[part] : undefined;
    if (value === undefined) return undefined;
    values.push(value);
  }
  return { scope, subject: values.length > 1 ? JSON.stringify(values) : (values[0] ?? "") };
}

/** A bucket's name on the wire. */
export interface BucketName {
  readonly scope: Scope;
  /** A user's id, null for the anonymous user; a label's value; in a compound scope, a list of those. Null for `tenant`. */
  readonly id: string | null | readonly (string | null)[];
  /** True for the overflow bucket of the scope, whose id is null; else absent. */
  readonly overflow?: true | undefined;
}

export function nameOf({ scope, subject }: BucketKey): BucketName {
  if (subject === OVERFLOW) return { scope, id: null, overflow: true };
  if (scopeParts(scope).length > 1) return { scope, id: JSON.parse(subject) };
  return { scope, id: subject === "" ? null : subject };
}

/** The key of the bucket with that name; undefined if the id does not fit the scope. */
export function keyNamed({ scope: name, id, overflow }: BucketName): BucketKey | undefined {
  const scope = parseScope(name);
  const parts = scopeParts(name);
  const values = Array.isArray(id) ? id : [id];
  if (scope === undefined) return undefined;
  if (overflow) return id === null && scope !== TENANT ? overflowKey(scope) : undefined;
  if (scope === TENANT) return id === null ? TENANT_KEY : undefined;
  if (values.length !== parts.length || Array.isArray(id) !== parts.length > 1) return undefined;
  const named = new Map(parts.map((part, i) => [part, values[i]]));
  const labels = [...named].filter((pair): pair is [string, string] => pair[0] !== USER && pair[1] !== null);
  return keyOf(scope, { userId: named.get(USER) ?? null, labels: Object.fromEntries(labels) });
}

export function newBucket(key: BucketKey, generation: number, nowMs: number): Bucket {
  const { scope, subject } = key;
  return {
    scope,
    subject,
    generation,
    usage: NO_USAGE,
    counters: new Map(),
    startedAtMs: nowMs,
    touchedAtMs: nowMs,
    isTouchExact: true,
    touchedSeq: 0,
  };
}

export function slotsOf(bucket: Bucket, window: OpenWindow, nowMs: number, calendar: Calendar): Slots {
  return countedSlots(bucket.counters.get(window.id)?.slots ?? [], window, nowMs, calendar);
}

export function countsInWindow(
  bucket: Bucket,
  windows: Iterable<OpenWindow>,
  nowMs: number,
  calendar: Calendar,
): boolean {
  for (const window of windows) {
    if (slotsOf(bucket, window, nowMs, calendar).some((slot) => !isNothing(slot))) return true;
  }
  return false;
}
