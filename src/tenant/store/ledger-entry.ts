/** Ledger entries as they are stored, and their conversion to buckets' changes and to the wire. */
import {
  type BucketKey,
  type BucketName,
  type Charge,
  isOverflow,
  keyNamed,
  keyOf,
  overflowKey,
  scopeParts,
  TENANT_KEY,
  totalsOf,
  USER,
  type Usage,
} from "../../core/index.ts";
import type { LedgerEntry } from "../../wire/index.ts";
import { isSameUsage, type UsageList, usageFromList, usageList } from "./usage-list.ts";

type Amount = "tokens_in" | "tokens_out" | "cost_usd" | "calls" | "unpriced_calls" | `${string}_tokens`;

/** The fields of an entry that depend on its kind, without amounts. */
export type EntryBody = Omit<LedgerEntry, "id" | "at" | "kind" | "scopes" | "exceptions" | "reported" | Amount>;

/** An entry as stored: JSON with the wire's fields, except for amounts and time. */
export interface StoredEntry extends EntryBody {
  readonly at: number;
  readonly kind: LedgerEntry["kind"];
  /** The change of the totals of its `bucket`; if it has none, of the tenant and of all buckets of its subject. */
  readonly usage?: UsageList | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Scopes whose bucket changed by another amount. */
  readonly exceptions?: readonly (readonly [scope: string, usage: UsageList])[] | undefined;
  /** What the call reported, if a total changed by another amount. */
  readonly reported?: UsageList | undefined;
}

type Charges = Pick<StoredEntry, "usage" | "scopes" | "overflow" | "exceptions" | "saturated" | "reported">;

/**
 * The fields of charges to a subject's buckets: the tenant's amounts, and those that differ from them.
 *
 * @param isCorrection true if the charges also correct an earlier one
 */
export function chargesOf(charges: readonly Charge[], reported: Usage, isCorrection = false): Charges {
  const [tenant, ...others] = charges;
  if (!tenant) return {};
  const scopes = others.map(({ key }) => key.scope).filter((scope) => scope !== USER);
  const overflow = others.filter(({ key }) => isOverflow(key)).map(({ key }) => key.scope);
  const saturated = charges.filter(({ isCut }) => isCut).map(({ key }) => key.scope);
  const exceptions = others.filter(({ delta }) => !isSameUsage(delta, tenant.delta));
  return {
    usage: usageList(tenant.delta),
    scopes: scopes.length > 0 ? scopes : undefined,
    overflow: overflow.length > 0 ? overflow : undefined,
    exceptions: exceptions.length > 0 ? exceptions.map(({ key, delta }) => [key.scope, usageList(delta)]) : undefined,
    saturated: saturated.length > 0 ? saturated : undefined,
    reported: saturated.length > 0 || isCorrection ? usageList(reported) : undefined,
  };
}

/** The changes that an entry records, bucket by bucket: the inverse of `chargesOf`. */
export function* additionsOf(entry: StoredEntry): Generator<{ key: BucketKey; usage: UsageList }> {
  const { usage, bucket, user_id, labels = {}, model, scopes = [], overflow = [], exceptions = [] } = entry;
  if (!usage) return;
  if (bucket) {
    const key = keyNamed(bucket);
    if (key) yield { key, usage };
    return;
  }
  const differing = new Map(exceptions);
  const subject = { userId: user_id ?? null, labels: model === undefined ? labels : { model, ...labels } };
  yield { key: TENANT_KEY, usage };
  for (const scope of [USER, ...scopes]) {
    const key = overflow.includes(scope) ? overflowKey(scope) : keyOf(scope, subject);
    if (key) yield { key, usage: differing.get(scope) ?? usage };
  }
}

export function entryAnswer(entry: StoredEntry, id: number): LedgerEntry {
  const { at, kind, usage, scopes, exceptions, reported, ...fields } = entry;
  return {
    id,
    at: new Date(at).toISOString(),
    kind,
    ...fields,
    ...(usage && amountsOf(usage)),
    ...(scopes && { scopes }),
    ...(exceptions && { exceptions: exceptions.map(([scope, list]) => ({ scope, ...amountsOf(list) })) }),
    ...(reported && { reported: amountsOf(reported) }),
  };
}

function amountsOf(usage: UsageList) {
  const { tokens_total: _, ...amounts } = totalsOf(usageFromList(usage));
  return amounts;
}

/** True if an entry is about a bucket or a step of this user; null is the anonymous user. */
export function isOfUser({ user_id, bucket, kind }: StoredEntry, userId: string | null): boolean {
  if (bucket) return partOf(bucket, USER) === userId;
  return user_id === undefined && NOT_OF_STEPS.includes(kind) ? false : (user_id ?? null) === userId;
}

/** True if an entry is about a bucket or a step with this label. */
export function hasLabel({ labels, model, bucket }: StoredEntry, name: string, value: string): boolean {
  if (bucket) return name !== USER && partOf(bucket, name) === value;
  return labels?.[name] === value || (name === "model" && labels?.model === undefined && model === value);
}

/** Kinds of entries that are not about a step: without a user they are about nobody, not about the anonymous user. */
const NOT_OF_STEPS: readonly LedgerEntry["kind"][] = ["config", "token", "revocation", "erasure"];

/** The user or the label's value in a bucket's name; undefined if its scope does not have that part. */
function partOf({ scope, id, overflow }: BucketName, part: string): string | null | undefined {
  if (overflow) return undefined;
  const values = typeof id === "string" || id === null ? [id] : id;
  const i = scopeParts(scope).indexOf(part);
  return i === -1 ? undefined : values[i];
}
