/** Limits callers bound to a user or to labels to their own steps and buckets. */
import { type BucketKey, nameOf, type StepRequest, scopeParts, USER } from "../core/index.ts";
import { forbidden } from "../wire/index.ts";
import { type Caller, isBound } from "./caller.ts";

/**
 * Binds a step to the caller's user and labels, which are filled in if the step leaves them out.
 *
 * @throws BudgetError `forbidden` if the step names another user, another value of a bound label, or a label that the
 *   caller cannot use
 */
export function bindStep<S extends StepRequest>(caller: Caller | undefined, step: S): S {
  if (!isBound(caller)) return step;
  if (step.detail) throw forbidden("this token is bound, and detail would show the tenant's totals");
  const { user, labels } = caller;
  requireLabels(caller, Object.keys(step.labels ?? {}));
  if (user !== undefined && step.user_id !== undefined && step.user_id !== user) {
    throw forbidden("this token is bound to another user_id");
  }
  for (const [name, value] of Object.entries(labels ?? {})) {
    const sent = step.labels && Object.hasOwn(step.labels, name) ? step.labels[name] : undefined;
    if ((sent ?? value) !== value) throw forbidden(`this token is bound to another label ${name}`);
    // The model is also a label: a call must not be priced as one model and counted as another.
    if (name === "model" && (step.model ?? value) !== value) throw forbidden("this token is bound to another model");
  }
  return {
    ...step,
    ...(user !== undefined && { user_id: user }),
    ...(labels && { labels: { ...step.labels, ...labels } }),
  } as S;
}

/**
 * Limits a bound caller to its own buckets. A caller bound to a user has the user's buckets, alone or joined with labels
 * that it can use. A caller bound only to labels has the buckets that name all of them.
 *
 * @throws BudgetError `forbidden` if the bucket also counts other callers' usage
 */
export function requireOwnBucket(caller: Caller | undefined, key: BucketKey): void {
  if (!isBound(caller)) return;
  const { scope, id } = nameOf(key);
  const parts = scopeParts(scope);
  const ids = Array.isArray(id) ? id : [id];
  const named = new Map(parts.map((part, i) => [part, ids[i]]));
  const { user, labels = {} } = caller;
  const needed = user === undefined ? Object.entries(labels) : [[USER, user] as const];
  const allowed = new Map([...Object.entries(labels), ...(user === undefined ? [] : [[USER, user] as const])]);
  const hasNeeded = needed.every(([part, value]) => named.get(part) === value);
  const hasNoOther = [...named].every(([part, value]) => !allowed.has(part) || allowed.get(part) === value);
  if (!hasNeeded || !hasNoOther) throw forbidden("this token is bound, and this bucket is not its own");
  requireLabels(
    caller,
    parts.filter((part) => part !== USER),
  );
}

/**
 * Limits a bound caller to the labels that its token allows. Otherwise a caller could charge its steps to any label's
 * budget.
 *
 * @throws BudgetError `forbidden` if the token does not allow one of the labels
 */
export function requireLabels({ user, labels = {}, freeLabels }: Caller, names: readonly string[]): void {
  if (user === undefined && freeLabels === undefined) return;
  const allowed = new Set([...Object.keys(labels), "model", ...(freeLabels ?? [])]);
  const other = names.find((name) => !allowed.has(name));
  if (other === undefined) return;
  throw forbidden(`this token cannot use the label ${other}; it can use ${[...allowed].join(", ")}`);
}

/** @throws BudgetError `forbidden` if the caller is bound */
export function requireUnbound(caller: Caller | undefined): void {
  if (isBound(caller)) throw forbidden("this token is bound, and this call is about the tenant as a whole");
}
