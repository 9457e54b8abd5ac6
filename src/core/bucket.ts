import type { Calendar } from "./calendar.ts";
import { type Counter, countedSlots, type Slots } from "./counter.ts";
import { parseScope, type Scope, scopeParts, TENANT, USER } from "./limits.ts";
import { isNothing, NO_USAGE, type Usage } from "./usage.ts";
import type { OpenWindow } from "./window.ts";

/** Whose bucket it is. */
export interface BucketKey {
  readonly scope: Scope;
  /** The subject as text (`subjectOf`): a user's id or a label's value; of a compound scope, a JSON array of those. */
  readonly subject: string;
}

/** The running totals of one subject of a scope. Times are epoch milliseconds. */
export interface Bucket extends BucketKey {
  /** Tells it from what the key named before: new whenever the bucket begins or is reset. */
  generation: number;
  /** Since it started. */
  usage: Usage;
  /** What the windows that some limit names have counted, by the window's id. */
  counters: ReadonlyMap<string, Counter>;
  /** When its wall clock started: the tenant's creation; any other's first charge. */
  startedAtMs: number;
  /** When it was last read or charged: what the idle rule goes by. */
  touchedAtMs: number;
  /** False if it may have been read since, by up to the share of the idle time that a store does not keep. */
  isTouchExact: boolean;
  /** Its place in the order of touches: what the LRU rule goes by, exact within a millisecond. */
  touchedSeq: number;
}

/** Who takes a step: a user (null: the anonymous one), and what the caller says of the call. */
export interface Subject {
  readonly userId: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export const TENANT_KEY: BucketKey = { scope: TENANT, subject: "" };

/** The anonymous user's subject is the empty text, which no id is. */
export function userKey(userId: string | null): BucketKey {
  return { scope: USER, subject: userId ?? "" };
}

/** Longer than any id, so that no subject is called so. */
const OVERFLOW = "*".repeat(257);

/** The bucket that subjects of a scope share once the scope has as many buckets as it may have. */
export function overflowKey(scope: Scope): BucketKey {
  return { scope, subject: OVERFLOW };
}

export function isOverflow({ subject }: BucketKey): boolean {
  return subject === OVERFLOW;
}

/** The bucket of a scope that a step is charged to; undefined where the step lacks a label of the scope. */
export function keyOf(scope: Scope, { userId, labels }: Subject): BucketKey | undefined {
  const values: (string | null)[] = [];
  for (const part of scopeParts(scope)) {
    const value = part === USER ? userId : Object.hasOwn(labels, part) ? labels[part] : undefined;
    if (value === undefined) return undefined;
    values.push(value);
  }
  return { scope, subject: values.length > 1 ? JSON.stringify(values) : (values[0] ?? "") };
}

/** A bucket as the wire names it: its scope, and a user's id or a label's value, or a list of those. */
export interface BucketName {
  readonly scope: Scope;
  readonly id: string | null | readonly (string | null)[];
  /** Only if true: the bucket that the scope's new subjects share; its id is null. */
  readonly overflow?: true | undefined;
}

/** Prints a bucket's key as the wire names it; the anonymous user is null. */
export function nameOf({ scope, subject }: BucketKey): BucketName {
  if (subject === OVERFLOW) return { scope, id: null, overflow: true };
  if (scopeParts(scope).length > 1) return { scope, id: JSON.parse(subject) };
  return { scope, id: subject === "" ? null : subject };
}

/** Finds the key of a bucket from the wire's name for it; undefined where the id does not fit the scope. */
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

/** What one of the bucket's windows counts now. */
export function slotsOf(bucket: Bucket, window: OpenWindow, nowMs: number, calendar: Calendar): Slots {
  return countedSlots(bucket.counters.get(window.id)?.slots ?? [], window, nowMs, calendar);
}

/** True where one of these windows still counts something, which keeps a bucket from being idle. */
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
