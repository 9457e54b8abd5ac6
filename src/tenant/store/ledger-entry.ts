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

type Amount = "tokens_in" | "tokens_out" | "cost_usd" | "calls" | `${string}_tokens`;

/** What an entry of a kind tells, without its amounts. */
export type EntryBody = Omit<LedgerEntry, "id" | "at" | "kind" | "scopes" | "exceptions" | "reported" | Amount>;

/** An entry as stored: JSON in the wire's fields, but for its amounts and its time. */
export interface StoredEntry extends EntryBody {
  readonly at: number;
  readonly kind: LedgerEntry["kind"];
  /** What it added to the tenant's totals and those of all buckets of its subject; or to its one `bucket`. */
  readonly usage?: UsageList | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly exceptions?: readonly (readonly [scope: string, usage: UsageList])[] | undefined;
  /** What the call reported, if a total changed by something else. */
  readonly reported?: UsageList | undefined;
}

type Charges = Pick<StoredEntry, "usage" | "scopes" | "overflow" | "exceptions" | "saturated" | "reported">;

/**
 * What an entry says of charges to a subject's buckets: the tenant's amounts, and those that differ from them.
 *
 * @param reported what the call reported
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

/** What an entry added, bucket by bucket: the inverse of `chargesOf`. */
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

/** An entry as the wire tells it. */
export function entryAnswer(entry: StoredEntry, id: number): LedgerEntry {
  const { at, kind, usage, scopes, exceptions, reported, ...told } = entry;
  return {
    id,
    at: new Date(at).toISOString(),
    kind,
    ...told,
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

/** True for an entry of a bucket, or of a step, of this user; null is the anonymous one. */
export function isOfUser({ user_id, bucket, kind }: StoredEntry, userId: string | null): boolean {
  if (bucket) return partOf(bucket, USER) === userId;
  return user_id === undefined && OF_NO_STEP.includes(kind) ? false : (user_id ?? null) === userId;
}

/** True for an entry of a bucket, or of a step, with this label. */
export function hasLabel({ labels, model, bucket }: StoredEntry, name: string, value: string): boolean {
  if (bucket) return name !== USER && partOf(bucket, name) === value;
  return labels?.[name] === value || (name === "model" && labels?.model === undefined && model === value);
}

/** Kinds that are about nobody, not even the anonymous user, unless they name a user or a bucket. */
const OF_NO_STEP: readonly LedgerEntry["kind"][] = ["config", "token", "revocation", "erasure"];

/** The user or the label's value that a bucket is of; undefined where it is of none. */
function partOf({ scope, id, overflow }: BucketName, part: string): string | null | undefined {
  if (overflow) return undefined;
  const values = typeof id === "string" || id === null ? [id] : id;
  const i = scopeParts(scope).indexOf(part);
  return i === -1 ? undefined : values[i];
}
