import { type BucketKey, nameOf, type StepRequest, scopeParts, USER } from "../../core/index.ts";
import type { Caller } from "../../wire/index.ts";
import { forbidden } from "./grant.ts";

/** True for a caller whose every call is about one user, or about certain labels. */
export function isBound(caller: Caller | undefined): caller is Caller {
  return caller !== undefined && (caller.user !== undefined || caller.labels !== undefined);
}

/**
 * Binds a step to the caller's user and labels: what the step leaves out is filled in.
 *
 * @throws BudgetError `forbidden` if the step names another user, another value of a label that the caller is bound to,
 *   or a label that the caller may not name
 */
export function bindStep<S extends StepRequest>(caller: Caller | undefined, step: S): S {
  if (!isBound(caller)) return step;
  if (step.detail) throw forbidden("this token is bound, and detail tells the tenant's totals");
  const { user, labels } = caller;
  requireLabels(caller, Object.keys(step.labels ?? {}));
  if (user !== undefined && step.user_id !== undefined && step.user_id !== user) {
    throw forbidden("this token is bound to another user_id");
  }
  for (const [name, value] of Object.entries(labels ?? {})) {
    const said = step.labels && Object.hasOwn(step.labels, name) ? step.labels[name] : undefined;
    if ((said ?? value) !== value) throw forbidden(`this token is bound to another label ${name}`);
    // The model is also the label of that name: a call must not be priced as one and counted as another.
    if (name === "model" && (step.model ?? value) !== value) throw forbidden("this token is bound to another model");
  }
  return {
    ...step,
    ...(user !== undefined && { user_id: user }),
    ...(labels && { labels: { ...step.labels, ...labels } }),
  } as S;
}

/**
 * Lets a bound caller at its own bucket alone: its user's, or one of its user's with labels that it may name; if it is
 * bound to labels alone, one that names all of them.
 *
 * @throws BudgetError `forbidden` where the bucket holds what others spent
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

/** Whose budget a label's value stands for, a caller with a user cannot be trusted to say, unless its token says so. */
export function requireLabels({ user, labels = {}, freeLabels }: Caller, names: readonly string[]): void {
  if (user === undefined && freeLabels === undefined) return;
  const allowed = new Set([...Object.keys(labels), "model", ...(freeLabels ?? [])]);
  const other = names.find((name) => !allowed.has(name));
  if (other === undefined) return;
  throw forbidden(`this token may not name the label ${other}; it may name ${[...allowed].join(", ")}`);
}

/**
 * Keeps a bound caller from what is the tenant's as a whole.
 *
 * @throws BudgetError `forbidden` where the caller is bound
 */
export function requireUnbound(caller: Caller | undefined): void {
  if (isBound(caller)) throw forbidden("this token is bound, and this call is about the tenant as a whole");
}
